"""From a strip back to a file."""

from typing import ClassVar

import bpy

from .explained import ExplainedOperator


class ForgetStrip(ExplainedOperator, bpy.types.Operator):
    """The cross beside the strip."""

    bl_idname = "emotalk.forget_strip"
    bl_label = "Use a File Instead"
    bl_description = "Use an audio file again instead of the sound strip; the strip itself stays"
    bl_options: ClassVar[set[str]] = {"UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Unset the strip."""
        context.scene.emotalk.strip = ""
        return {"FINISHED"}
