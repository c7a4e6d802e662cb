"""A run in the background: sent to the worker, watched by an operator, written to the scene at the end."""

import contextlib
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, cast

import bpy

from ..face.curve_files import read_curves
from ..face.curve_text import from_text
from ..face.curves import Performance
from ..inference.contract import EmoTalkError, StageProgress
from ..inference.worker.client import Message, WorkerClient
from ..inference.worker.failure import sentence_for
from . import (
    background,
    baking,
    desk,
    feature_cache,
    hidden_motion,
    line_end,
    line_states,
    model_choice,
    torch_environment,
)
from .access import active_line, run_state, scene_of, window_manager_of
from .characters import find_character
from .failures import in_one_sentence
from .flame_motion import conversion_to, performed_basis
from .keyframes import Timing
from .line_identity import identity_of, line_name
from .lines import anchor_of, control_values, performed_part, sound_of
from .own_actions import LineMark
from .preferences import preferences_of
from .properties import LineProperties
from .sounds import Preparation, forget_decoded, temporary_file

BUSY: Final = "A line is being animated; wait for it, or cancel it"
HIDDEN: Final = "The keys"
"""How a remark about hidden motion begins."""
CANCELLED: Final = "Cancelled; nothing was changed"

_SECONDS_BETWEEN_LOOKS: Final = 0.01
_LONGEST_MESSAGE: Final = 120.0
"""Seconds of a line whose curves come in the worker's message (a megabyte or so); longer ones come in a file."""
_FEW_FRAMES: Final = 1000
"""The keys of so many frames are chosen sooner than a thread has started."""
_client: Final = WorkerClient()
_current: "Run | None" = None


class Run:
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
        baking.check_layers(character)
        hidden_motion.check(character, scene)
        self._mapping = character.mapping
        anchor = cast(bpy.types.Object, anchor)  # where there is none, there is no character
        python = torch_environment.torch_python(context) if weights.needs_torch else Path(sys.executable)
        preferences, cache = preferences_of(context), feature_cache.feature_cache(context)
        self._line = LineMark(line_name(line), identity_of(line))
        self._scene, self._anchor = (scene.session_uid, scene.name), (anchor.session_uid, anchor.name)
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
        self._started = self._written = time.monotonic()
        self._is_quiet = quiet
        self._files = contextlib.ExitStack()
        self._failure = self._ran_on = self._inputs = ""
        self._remarks: tuple[str, ...] = ()
        self._request: int | None = None
        self._result: Message
        self._prepared: tuple[Performance, baking.Prepared]
        self._is_done = self._is_over = False
        self.cancelled = False
        self.keys = 0
        self.remarks: tuple[str, ...] = ()
        self.is_hidden = self.is_repairable = False
        if performed is not None:
            performance, remarks = performed
            performance, remark = self._converted(performance)
            self._remarks = (*remarks, *filter(None, (remark,)))
            self._start_frame = performed_part(line, scene)[2]
            self._inputs = line_states.inputs_of(line, scene)
            self._timing = Timing.of(scene, self._start_frame, performance.face.fps)
            self._prepared = performance, baking.prepare(performance, self._timing, self._settings, self._mapping)
            self._is_done = True
            return
        with contextlib.ExitStack() as files:
            line_sound = sound_of(line, scene, files)
            self._sound = Preparation(line_sound)
            self._start_frame = line_sound.start_frame
            self._spec = spec
            self._fields = {
                "verb": "animate",
                "model": weights.model_id,
                "device": preferences.device,
                "precision": preferences.precision,
                "windowed": preferences.windowed,
                **(placement or {}),
                "features": str(cache.folder),
                "features_limit": cache.limit,
                "channel": line.channel,
            }
            _client.start(python)
            self._files = files.pop_all()
        if self._sound.done:
            with contextlib.ExitStack() as undone:
                undone.callback(self._files.close)
                self._submit(scene)
                undone.pop_all()

    @property
    def age(self) -> float:
        """Seconds since its start."""
        return time.monotonic() - self._started

    @property
    def seconds_since_written(self) -> float:
        """Seconds since the keys were written last."""
        return time.monotonic() - self._written

    def look(self) -> bool:
        """Process the worker's messages; True when the run has ended."""
        if self._request is None and not self._is_done:
            self._look_at_sound()
        for message in _client.messages():
            if message["id"] == self._request:
                self._handle(message)
        return self._is_done

    def wait(self, progress: StageProgress | None = None) -> None:
        """Wait until the run has ended; an interruption cancels it."""
        state = run_state(bpy.context)
        try:
            while not self.look():
                if progress is not None:
                    progress(state.progress, state.message)
                self.pause(_SECONDS_BETWEEN_LOOKS)
        except BaseException:
            self.cancel()
            raise

    def pause(self, seconds: float) -> None:
        """Wait until there is something to look at, at most this long."""
        _client.news.wait(seconds)

    def cancel(self) -> None:
        """Stop the worker. Nothing has been written to the scene."""
        if self._is_over:
            return
        if not self._is_done:
            self._sound.cancel()
            _client.cancel()
        self.cancelled = self._is_done = True
        self._end(CANCELLED)

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

    def _remember_failure(self, sentence: str) -> None:
        scene = next((scene for scene in bpy.data.scenes if scene.session_uid == self._scene[0]), None)
        line = desk.line_of_identity(scene, self._line.identity) if scene else None
        if line is not None:
            line_states.remember_failure(line, sentence)

    def _look_at_sound(self) -> None:
        """Send the request as soon as the sound is decoded: how many values a keyed control has depends on its length.

        The controls are those of this moment.
        """
        if not self._sound.done:
            self._report("Decoding", 0)
            return
        try:
            self._submit(_find(bpy.data.scenes, *self._scene))
        except EmoTalkError as error:
            self._failure = str(error)
            self._is_done = True

    def _submit(self, scene: bpy.types.Scene) -> None:
        sound = self._sound.result()
        self._remarks = sound.remarks
        self._timing = timing = Timing.of(scene, self._start_frame, self._spec.fps)
        frames = round(sound.seconds * self._spec.fps) + 1
        if sound.seconds > _LONGEST_MESSAGE:
            self._fields["output"] = str(temporary_file(self._files, ".npz"))
        line = self._line_in(scene)
        self._inputs = line_states.inputs_of(line, scene)
        controls = control_values(line, self._spec, timing, frames)
        self._request = _client.submit({**self._fields, "controls": controls, **sound.request})

    def _handle(self, message: Message) -> None:
        if message["kind"] == "progress":
            self._report(message["text"], message["fraction"])
            return
        if message["kind"] == "error":
            self._failure = message["sentence"]
            self._is_done = True
            return
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
        _client.news.set()

    def _write(self, is_draft: bool) -> str:
        if self._failure:
            self._suspect_pytorch()
            raise EmoTalkError(self._failure)
        performance, prepared = self._prepared
        scene = _find(bpy.data.scenes, *self._scene)
        line = self._line_in(scene)
        character = find_character(_find(scene.objects, *self._anchor), scene, performance.face.basis)
        baked = baking.bake(performance, character, self._line, self._timing, self._settings, prepared, is_draft)
        self.keys, self._written = baked.keys, time.monotonic()
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

    def _line_in(self, scene: bpy.types.Scene) -> LineProperties:
        line = desk.line_of_identity(scene, self._line.identity)
        if line is None:
            raise EmoTalkError(f"The line {self._line.name!r} was removed from the list; nothing was changed")
        return line

    def _suspect_pytorch(self) -> None:
        """Check in the background whether PyTorch has failed, so that the panel can offer Repair."""
        if self._needs_torch and self._request is not None and not background.is_busy():
            torch_environment.start_check(bpy.context)

    def _report(self, text: str, progress: float) -> None:
        if not self._is_quiet:
            show(text, progress, running=True)

    def _end(self, message: str, failed: bool = False) -> None:
        global _current
        self._is_over = True
        self._files.close()
        if _current is self:
            _current = None
        show(message, failed=failed or self.is_hidden)
        state = run_state(bpy.context)
        state.ran_on, state.repairable = self._ran_on, self.is_repairable
        if not self._is_quiet:
            feature_cache.refresh(bpy.context)


def start(
    context: bpy.types.Context,
    line: LineProperties | None = None,
    quiet: bool = False,
    placement: Mapping[str, Any] | None = None,
    performed: tuple[Performance, tuple[str, ...]] | None = None,
) -> Run:
    """Begin to animate a line of the context's scene; see ``Run``. Raises EmoTalkError if that is not possible."""
    global _current
    if is_running():
        raise EmoTalkError(BUSY)
    try:
        with in_one_sentence():
            _current = Run(context, line, quiet, placement, performed)
    except EmoTalkError as error:
        show(str(error), failed=True)
        run_state(context).repairable = isinstance(error, hidden_motion.StillFaceError) and error.is_repairable
        raise
    if not quiet:
        show("Starting", running=True)
    return _current


def is_running() -> bool:
    """Whether a line is being animated."""
    return _current is not None


def worker_pid() -> int | None:
    """The process id of the worker while it runs."""
    return _client.pid


def cancel() -> None:
    """Stop the line that is being animated, if there is one."""
    if _current is not None:
        _current.cancel()


def leave_file() -> None:
    """Stop the run and clear its messages before another file is opened."""
    cancel()
    show("")
    run_state(bpy.context).ran_on = ""


def forget_models() -> None:
    """End the worker unless it is busy: it starts again with the weights installed by then."""
    if not is_running():
        _client.close()


def close() -> None:
    """Stop everything and wait until the worker has ended."""
    cancel()
    _client.close()
    forget_decoded()


def show(message: str, progress: float = 0.0, running: bool = False, failed: bool = False) -> None:
    """Show the progress or the result in the panel, in all windows."""
    state = run_state(bpy.context)
    state.message, state.progress, state.running, state.failed = message, progress, running, failed
    state.repairable = False
    for window in window_manager_of(bpy.context).windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()


def _find(items: Iterable[Any], uid: int, name: str) -> Any:
    found = next((item for item in items if item.session_uid == uid), None)
    if found is None:
        raise EmoTalkError(f"{name!r} was deleted while its line was being animated; nothing was changed")
    return found
