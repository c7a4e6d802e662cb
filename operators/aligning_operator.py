"""The base of operators that find the words and sounds of a line in the background."""

from pathlib import Path

import bpy

from ..blender_emotalk import aligning
from ..blender_emotalk.properties import LineProperties
from ..blender_emotalk.timelines import redraw
from .listening_operator import ListeningOperator


class AligningOperator(ListeningOperator):
    """Base of such operators, which differ in the text."""

    def text_of(self, line: LineProperties) -> str:
        """The text to align; "" to listen alone."""
        raise NotImplementedError

    def times_of(self) -> Path | None:
        """The file of times to read; None for none."""
        return None

    def listen(self, context: bpy.types.Context, line: LineProperties) -> aligning.Aligning:
        """Start to align."""
        return aligning.start(context, line, self.text_of(line), self.times_of())

    def stored(self) -> None:
        """Show the words and sounds on the timelines."""
        redraw()
