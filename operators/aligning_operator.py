"""The base of operators that find the words and sounds of a line in the background."""

from pathlib import Path
from typing import Any

import bpy

from ..blender_emotalk import aligning, batch
from ..blender_emotalk.access import current_line
from ..blender_emotalk.desk import NO_LINE
from ..blender_emotalk.properties import LineProperties
from ..blender_emotalk.timelines import redraw
from ..blender_emotalk.worker_runs import CANCELLED
from ..inference.contract import EmoTalkError
from .explained import OperatorResult
from .modal_run import ModalRun


class AligningOperator(ModalRun):
    """Base of such operators, which differ in the text."""

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

    def text_of(self, line: LineProperties) -> str:
        """The text to align; "" to listen alone."""
        raise NotImplementedError

    def times_of(self) -> Path | None:
        """The file of times to read; None for none."""
        return None

    def begin(self, context: bpy.types.Context) -> aligning.Aligning | None:
        """Start."""
        line = current_line(context)
        if line is None:
            return None
        try:
            return aligning.start(context, line, self.text_of(line), self.times_of())
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return None

    def finish(self, _context: bpy.types.Context) -> OperatorResult:
        """Store what was found."""
        run: aligning.Aligning = self._work
        if run.cancelled:
            self.report({"INFO"}, CANCELLED)
            return {"CANCELLED"}
        try:
            sentence = run.write()
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        redraw()
        self.report({"INFO"}, sentence)
        return {"FINISHED"}
