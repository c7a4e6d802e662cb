"""Use a file again instead of a strip."""

import bpy

from .explained import OperatorResult
from .line_operator import LineOperator


class ForgetStrip(LineOperator, bpy.types.Operator):
    """The cross beside the strip."""

    bl_idname = "emotalk.forget_strip"
    bl_label = "Use a File Instead"
    bl_description = "Use an audio file again instead of the sound strip; the strip itself stays"
    bl_options = {"UNDO"}

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Unset the strip."""
        self.line(context).strip = ""
        return {"FINISHED"}
