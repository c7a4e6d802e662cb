"""The base of operators that let the worker listen to a line in the background, and store what it heard."""

from typing import Any, Protocol

import bpy

from ..blender_emotalk import batch
from ..blender_emotalk.access import current_line
from ..blender_emotalk.desk import NO_LINE
from ..blender_emotalk.properties import LineProperties
from ..blender_emotalk.worker_runs import CANCELLED
from ..inference.contract import EmoTalkError
from .explained import OperatorResult
from .modal_run import BackgroundWork, ModalRun


class Listening(BackgroundWork, Protocol):
    """A run whose result is stored with the line."""

    cancelled: bool

    def write(self) -> str:
        """Store the result; gives a sentence about it. Raises EmoTalkError if there is none."""


class ListeningOperator(ModalRun):
    """Base of such operators."""

    _work: Any

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """There must be a line with a sound, and no other run."""
        line = current_line(context)
        if line is None:
            return NO_LINE
        if batch.is_busy():
            return "A line is being animated; wait for it, or press Esc"
        return "" if line.audio or line.strip else "Choose an audio file, or use the selected sound strip"

    def listen(self, context: bpy.types.Context, line: LineProperties) -> Listening:
        """Start. Raises EmoTalkError if that is not possible."""
        raise NotImplementedError

    def stored(self) -> None:
        """Called when the result is stored."""
        raise NotImplementedError

    def begin(self, context: bpy.types.Context) -> Listening | None:
        """Start."""
        line = current_line(context)
        if line is None:
            return None
        try:
            return self.listen(context, line)
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return None

    def finish(self, _context: bpy.types.Context) -> OperatorResult:
        """Store what was heard."""
        run: Listening = self._work
        if run.cancelled:
            self.report({"INFO"}, CANCELLED)
            return {"CANCELLED"}
        try:
            sentence = run.write()
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.stored()
        self.report({"INFO"}, sentence)
        return {"FINISHED"}
