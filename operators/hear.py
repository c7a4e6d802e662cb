"""Find out which sounds the line has, without a text."""

import bpy

from ..blender_emotalk.properties import LineProperties
from .aligning_operator import AligningOperator


class Hear(AligningOperator, bpy.types.Operator):
    """The Hear button."""

    bl_idname = "emotalk.hear"
    bl_label = "Hear"
    bl_description = "Find out which sounds are heard, without the text; sounds that you edited are replaced"
    bl_options = {"REGISTER", "UNDO"}

    def text_of(self, _line: LineProperties) -> str:
        """None."""
        return ""
