"""Use a file again instead of a strip."""

import bpy

from ..blender_emotalk import line_identity
from ..blender_emotalk.access import current_line, scene_of
from ..blender_emotalk.strips import shows_file
from .explained import ExplainedOperator, OperatorResult


class ForgetStrip(ExplainedOperator, bpy.types.Operator):
    """The cross beside the strip."""

    bl_idname = "emotalk.forget_strip"
    bl_label = "Use a File Instead"
    bl_description = "Use an audio file again instead of the sound strip; the strip itself stays"
    bl_options = {"UNDO"}

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Unset the strip; it stays the same line if the strip was the line's file, placed on the timeline."""
        line = current_line(context)
        identity = line_identity.identity_of(line)
        is_placed_file = shows_file(scene_of(context), line.strip, line.audio)
        line.strip = ""
        if is_placed_file:
            line_identity.keep(line, identity)
        return {"FINISHED"}
