"""Align the text of the line with its sound."""

import bpy

from ..blender_emotalk.access import current_line
from ..blender_emotalk.properties import LineProperties
from .aligning_operator import AligningOperator


class Align(AligningOperator, bpy.types.Operator):
    """The Align button."""

    bl_idname = "emotalk.align"
    bl_label = "Align"
    bl_description = "Find out when each word of the text is said; sounds that you edited are replaced"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """There must be a text."""
        line = current_line(context)
        if line is not None and not line.text.split():
            return "Type or paste the text first, or press Hear"
        return super().disabled_reason(context)

    def text_of(self, line: LineProperties) -> str:
        """The line's."""
        return line.text
