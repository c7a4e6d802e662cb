"""A run in the background: sent to the worker, watched by an operator, written to the scene at the end."""

import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

import bpy

from ..face.alignment import Alignment
from ..face.alignment_edits import told
from ..face.curve_files import read_curves
from ..face.curve_text import from_text
from ..face.curves import Performance
from ..inference.contract import EmoTalkError
from ..inference.worker.client import Message
from ..inference.worker.failure import sentence_for
from . import (
    alignments,
    background,
    baking,
    desk,
    hidden_motion,
    line_end,
    line_states,
    model_choice,
    torch_environment,
    worker_runs,
)
from .access import active_line, run_state, scene_of
from .characters import find_character
from .failures import in_one_sentence
from .flame_motion import conversion_to, performed_basis, template_remark
from .keyframes import Timing
from .lines import anchor_of, control_values, performed_part
from .properties import LineProperties
from .sounds import PreparedSound, temporary_file
from .stretches import Stretch
from .worker_runs import BUSY as BUSY
from .worker_runs import CANCELLED as CANCELLED
from .worker_runs import WorkerRun, find
from .worker_runs import cancel as cancel
from .worker_runs import close as close
from .worker_runs import is_running as is_running
from .worker_runs import show as show

HIDDEN: Final = "The keys"
"""How a remark about hidden motion begins."""
EDITS_KEPT: Final = "The text has changed, but sounds that you edited or read were kept; press Align to take the text"
EDITS_LOST: Final = "The sound is another one than that whose sounds you edited, so the text was aligned anew"
_LONGEST_MESSAGE: Final = 120.0
"""Seconds of a line whose curves come in the worker's message (a megabyte or so); longer ones come in a file."""
_FEW_FRAMES: Final = 1000
"""The keys of so many frames are chosen sooner than a thread has started."""


class Run(WorkerRun):
    """One line that the worker animates and that is then written to the scene.

    Only names and numbers are kept between ticks: references to data-blocks do not survive an undo.

    Args:
        context: its scene has the line.
        line: to animate; the active one of the scene if not given.
        quiet: the panel shows nothing before the end.
        placement: ``device``, ``precision`` and ``windowed``, if they differ from the preferences.
        performed: what another machine has computed for this line: its performance and the remarks about it; then the
            worker is not asked.

    Attributes:
        cancelled: whether the run was cancelled.
        keys: the number of keys written.
        remarks: sentences about the result that somebody should know.
        is_hidden: whether something in the scene hides the motion; the sentence says what.
        is_repairable: whether Repair helps against it.

    Raises:
        EmoTalkError: the line has no usable sound or character, or nothing would move on it; nothing was started.
    """

    def __init__(
        self,
        context: bpy.types.Context,
        line: LineProperties | None = None,
        quiet: bool = False,
        placement: Mapping[str, Any] | None = None,
        performed: tuple[Performance, tuple[str, ...]] | None = None,
    ) -> None:
        scene = scene_of(context)
        line = line or active_line(scene)
        if line is None:
            raise EmoTalkError(desk.NO_LINE)
        anchor = anchor_of(line, context)
        weights = model_choice.usable_weights(line)
        spec = weights.spec
        basis = performed_basis(anchor, scene, spec.basis)
        character = find_character(anchor, scene, basis)
        self._converted = conversion_to(basis)
        other_flame = template_remark(anchor, basis, spec.flame_template)
        baking.check_layers(character)
        hidden_motion.check(character, scene)
        self._mapping = character.mapping
        anchor = cast(bpy.types.Object, anchor)  # where there is none, there is no character
        python = torch_environment.torch_python(context) if weights.needs_torch else Path(sys.executable)
        super().__init__(context, line, quiet)
        self._anchor = anchor.session_uid, anchor.name
        self._needs_torch = weights.needs_torch
        own_track, adds_own = line.existing_keys != "KEEP", line.existing_keys == "ADD"
        self._settings = baking.KeySettings(
            line.key_tolerance,
            own_track,
            adds_own,
            line.settle_time,
            line.keys_on != "Subframes",
            line.hand_edits == "Re-apply",
            line.face_part,
        )
        self._written = self._started
        self._ran_on = self._inputs = ""
        self._remarks: tuple[str, ...] = tuple(filter(None, (other_flame,)))
        self._aligning: tuple[str, str] | None = None
        self._aligned: tuple[Alignment, str, str] | None = None
        self._prepared_sound: PreparedSound
        self._result: Message
        self._prepared: tuple[Performance, baking.Prepared]
        self.keys = 0
        self.remarks: tuple[str, ...] = ()
        self.is_hidden = self.is_repairable = False
        if performed is not None:
            performance, remarks = performed
            performance, remark = self._converted(performance)
            self._remarks += (*remarks, *filter(None, (remark,)))
            self._start_frame = performed_part(line, scene)[2]
            self._inputs = line_states.inputs_of(line, scene)
            self._timing = Timing.of(scene, self._start_frame, performance.face.fps)
            self._prepared = performance, baking.prepare(performance, self._timing, self._settings, self._mapping)
            self._is_done = True
            return
        self._spec = spec
        self._start_frame = self._start(context, line, python, weights.model_id, placement).start_frame
        self._submit_if_ready(scene)

    @property
    def seconds_since_written(self) -> float:
        """Seconds since the keys were written last."""
        return time.monotonic() - self._written

    def write(self, is_draft: bool = False) -> str:
        """Write the keys.

        Args:
            is_draft: whether it will be written again when the slider rests; only the keys are written until then.

        Returns:
            A sentence about the result; "" for a draft.

        Raises:
            EmoTalkError: the worker failed, or the character or its scene was deleted; nothing was changed.
        """
        try:
            with in_one_sentence():
                sentence = self._write(is_draft)
        except EmoTalkError as error:
            self._end(str(error), failed=True)
            self._remember_failure(str(error))
            raise
        self._end(sentence)
        return sentence

    def write_stretch(self, stretch: Stretch, first: float, last: float, is_draft: bool, is_whole: bool) -> str:
        """Write the keys of a stretch of the line; all of them where a stretch alone does not fit the ones there are.

        Args:
            stretch: of the line, from before the edit.
            first: second of the line at which what was edited begins.
            last: second at which it ends.
            is_draft: whether it will be written again at once; only the keys are written until then.
            is_whole: whether the other keys fit the line's settings, so that it is up to date with these.

        Returns:
            A sentence about the result; "" for a draft.

        Raises:
            EmoTalkError: as ``write`` does.
        """
        try:
            with in_one_sentence():
                sentence = self._write_stretch(stretch, first, last, is_draft, is_whole)
        except EmoTalkError as error:
            self._end(str(error), failed=True)
            raise
        self._end(sentence)
        return sentence

    def take(self) -> Performance:
        """End the run without writing keys.

        Returns:
            What the line does to the face, before it comes out of rest.

        Raises:
            EmoTalkError: the worker failed.
        """
        if self._failure:
            self._suspect_pytorch()
            self._end(self._failure, failed=True)
            raise EmoTalkError(self._failure)
        self.remarks = self._remarks
        self._end("")
        return self._prepared[0]

    def discard(self) -> None:
        """End the run without writing keys, whatever came of it."""
        self._end("")

    def _remember_failure(self, sentence: str) -> None:
        scene = next((scene for scene in bpy.data.scenes if scene.session_uid == self._scene[0]), None)
        line = desk.line_of_identity(scene, self._line.identity) if scene else None
        if line is not None:
            line_states.remember_failure(line, sentence)

    def _submit(self, scene: bpy.types.Scene, sound: PreparedSound) -> None:
        self._remarks, self._prepared_sound = (*self._remarks, *sound.remarks), sound
        line = self._line_in(scene)
        self._inputs = line_states.inputs_of(line, scene)
        if alignments.needs_aligning(line, scene):
            if line.alignment and alignments.is_own(line):
                self._remarks += (EDITS_LOST,)
            self._aligning = line.text, alignments.sound_mark(line, scene)
            fields = {"verb": "align", **self._fields, "text": line.text, **sound.request}
            self._request = worker_runs.client.submit(fields)
            return
        if line.text and alignments.has_other_text(line) and alignments.is_own(line):
            self._remarks += (EDITS_KEPT,)
        self._perform(line, scene, alignments.told_to(line, scene))

    def _perform(self, line: LineProperties, scene: bpy.types.Scene, alignment: Alignment | None) -> None:
        """Ask for the performance, told or listened to."""
        sound = self._prepared_sound
        self._timing = timing = Timing.of(scene, self._start_frame, self._spec.fps)
        frames = round(sound.seconds * self._spec.fps) + 1
        if sound.seconds > _LONGEST_MESSAGE:
            self._fields["output"] = str(temporary_file(self._files, ".npz"))
        controls = control_values(line, self._spec, timing, frames)
        fields = {"verb": "animate", **self._fields, "controls": controls, **sound.request}
        if alignment is not None:
            fields["alignment"] = alignment.to_json()
        self._request = worker_runs.client.submit(fields)

    def _handle(self, message: Message) -> None:
        if self._aligning is None or message["kind"] == "progress":
            super()._handle(message)
            return
        (text, mark), self._aligning = self._aligning, None
        alignment = None
        try:
            if message["kind"] == "error":
                self._remarks += (f"{message['sentence']}. So the line was listened to",)
            else:
                alignment = Alignment.from_json(message["alignment"])
                self._aligned = alignment, text, mark
                self._remarks += tuple(message["remarks"])
            scene = find(bpy.data.scenes, *self._scene)
            self._perform(self._line_in(scene), scene, alignment and told(alignment, alignment))
        except EmoTalkError as error:
            self._failure = str(error)
            self._is_done = True

    def _take_result(self, message: Message) -> None:
        self._remarks += tuple(message["remarks"])
        self._ran_on = f"{message['device']}: {message['speed']:.3g} × real time"
        self._report("Choosing keys", 1)
        self._result = message
        if message["frames"] <= _FEW_FRAMES:
            self._prepare()
            return
        # Not in Blender's main thread: an hour of speech would block the window.
        threading.Thread(target=self._prepare, name="EmoTalk keys", daemon=True).start()

    def _prepare(self) -> None:
        """May run in a thread: uses no Blender data."""
        try:
            result = self._result
            performance = from_text(result["curves"]) if "curves" in result else read_curves(result["output"])
            performance, remark = self._converted(performance)
            self._remarks += tuple(filter(None, (remark,)))
            prepared = baking.prepare(performance, self._timing, self._settings, self._mapping)
            self._prepared = performance, prepared
        except Exception as error:
            self._failure = sentence_for(error)
        self._is_done = True
        worker_runs.client.news.set()

    def _write(self, is_draft: bool) -> str:
        if self._failure:
            self._suspect_pytorch()
            raise EmoTalkError(self._failure)
        performance, prepared = self._prepared
        scene = find(bpy.data.scenes, *self._scene)
        line = self._line_in(scene)
        character = find_character(find(scene.objects, *self._anchor), scene, performance.face.basis)
        baked = baking.bake(performance, character, self._line, self._timing, self._settings, prepared, is_draft)
        self.keys, self._written = baked.keys, time.monotonic()
        if self._aligned is not None:
            alignments.store(line, *self._aligned)
        if is_draft:
            return ""
        hindrance = hidden_motion.find(character, self._line.identity, scene)
        self.is_hidden, self.is_repairable = hindrance is not None, hindrance is not None and hindrance.is_repairable
        seconds = time.monotonic() - self._started
        sentence = f"{character.name} speaks {self._line.name!r}: {self.keys:,} keys in {seconds:.1f} s"
        sentence = f"{sentence}, {hindrance.clause}" if hindrance else sentence
        own_remarks = (*character.remarks, *baked.remarks)
        own_remarks = (*own_remarks, *line_end.remark_on(scene, self._line.identity), *self._remarks)
        self.remarks = (*((f"{HIDDEN} {hindrance.clause}",) if hindrance else ()), *own_remarks)
        line_states.remember_success(line, scene, self._inputs, self.keys, "\n".join(self.remarks))
        return ". ".join((sentence, *own_remarks))

    def _write_stretch(self, stretch: Stretch, first: float, last: float, is_draft: bool, is_whole: bool) -> str:
        if self._failure:
            raise EmoTalkError(self._failure)
        performance, prepared = self._prepared
        if not stretch.fits(prepared):
            return "" if is_draft else self._write(False)
        scene = find(bpy.data.scenes, *self._scene)
        line = self._line_in(scene)
        character = find_character(find(scene.objects, *self._anchor), scene, performance.face.basis)
        self.keys = stretch.write(prepared, character, self._settings, first, last, is_draft)
        if is_draft:
            return ""
        inputs = self._inputs if is_whole else line.performed_inputs
        line_states.remember_success(line, scene, inputs, self.keys, line.remarks)
        return f"{character.name} speaks {last - first:.2f} s of {self._line.name!r} anew"

    def _suspect_pytorch(self) -> None:
        """Check in the background whether PyTorch has failed, so that the panel can offer Repair."""
        if self._needs_torch and self._request is not None and not background.is_busy():
            torch_environment.start_check(bpy.context)

    def _end(self, message: str, failed: bool = False) -> None:
        super()._end(message, failed or self.is_hidden)
        state = run_state(bpy.context)
        state.ran_on, state.repairable = self._ran_on, self.is_repairable


def start(
    context: bpy.types.Context,
    line: LineProperties | None = None,
    quiet: bool = False,
    placement: Mapping[str, Any] | None = None,
    performed: tuple[Performance, tuple[str, ...]] | None = None,
) -> Run:
    """Begin to animate a line of the context's scene; see ``Run``. Raises EmoTalkError if that is not possible."""
    try:
        return worker_runs.start(lambda: Run(context, line, quiet, placement, performed))
    except hidden_motion.StillFaceError as error:
        run_state(context).repairable = error.is_repairable
        raise


def worker_pid() -> int | None:
    """The process id of the worker while it runs."""
    return worker_runs.client.pid


def leave_file() -> None:
    """Stop the run and clear its messages before another file is opened."""
    cancel()
    show("")
    run_state(bpy.context).ran_on = ""


def forget_models() -> None:
    """End the worker unless it is busy: it starts again with the weights installed by then."""
    if not is_running():
        worker_runs.client.close()
