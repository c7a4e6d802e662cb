"""A run that aligns the text of a line with its sound, or listens to what is said where there is no text."""

import sys
from pathlib import Path

import bpy

from ..face.alignment import LEAST_FIT, Alignment
from ..inference.contract import EmoTalkError
from ..inference.registry import DEFAULT_MODEL
from ..inference.worker.client import Message
from . import alignments, model_choice, worker_runs
from .access import scene_of
from .properties import LineProperties
from .sounds import PreparedSound
from .worker_runs import WorkerRun, find


class Aligning(WorkerRun):
    """One line whose words and sounds the worker finds, and that are then stored with it.

    Args:
        context: its scene has the line.
        line: with a sound.
        text: that is said; "" to hear the sounds alone.
        times: a file with the times of words and sounds, which goes before the text.

    Attributes:
        remarks: sentences about the result that somebody should know.

    Raises:
        EmoTalkError: the line has no usable sound; nothing was started.
    """

    def __init__(self, context: bpy.types.Context, line: LineProperties, text: str, times: Path | None = None) -> None:
        super().__init__(context, line)
        model = model_choice.model_of(line) if model_choice.can_be_told(line) else DEFAULT_MODEL
        self._text, self._times = text, times
        self._alignment: Alignment
        self.remarks: tuple[str, ...] = ()
        self._start(context, line, Path(sys.executable), model)
        self._submit_if_ready(scene_of(context))

    def write(self) -> str:
        """Store what was found.

        Returns:
            A sentence about it.

        Raises:
            EmoTalkError: the worker failed, or the line was removed; nothing was changed.
        """
        try:
            if self._failure:
                raise EmoTalkError(self._failure)
            line = self._line_in(find(bpy.data.scenes, *self._scene))
            alignments.store(line, self._alignment, self._text, self._mark)
        except EmoTalkError as error:
            self._end(str(error), failed=True)
            raise
        sentence = ". ".join((counted_in(self._alignment), *self.remarks))
        self._end(sentence)
        return sentence

    def _submit(self, scene: bpy.types.Scene, sound: PreparedSound) -> None:
        self._mark = alignments.sound_mark(self._line_in(scene), scene)
        self.remarks = sound.remarks
        said = {"text": self._text} if self._text else {}
        if self._times is not None:
            said["times"] = str(self._times)
        self._request = worker_runs.client.submit({"verb": "align", **self._fields, **said, **sound.request})

    def _take_result(self, message: Message) -> None:
        try:
            self._alignment = Alignment.from_json(message["alignment"])
            self.remarks += tuple(message["remarks"])
        except EmoTalkError as error:
            self._failure = str(error)
        self._is_done = True


def start(context: bpy.types.Context, line: LineProperties, text: str, times: Path | None = None) -> Aligning:
    """Begin to align a line; see ``Aligning``. Raises EmoTalkError if that is not possible."""
    return worker_runs.start(lambda: Aligning(context, line, text, times))


def counted_in(alignment: Alignment) -> str:
    """How many words there are, or sounds where there are no words."""
    if not alignment.words:
        count = sum(phone.name != "SIL" for phone in alignment.phones)
        return f"{count} sounds" if count != 1 else "One sound"
    words = sum(bool(word.text) for word in alignment.words)
    return "One word" if words == 1 else f"{words} words"


def found_in(alignment: Alignment) -> str:
    """The same, and how many words are left to listening."""
    left = sum(bool(word.text) and word.fit < LEAST_FIT for word in alignment.words)
    return f"{counted_in(alignment)}, {left} left to listening" if left else counted_in(alignment)
