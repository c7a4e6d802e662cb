"""Forget the words and sounds of the line, so that it is listened to."""

import bpy

from ..blender_emotalk import alignments, line_states
from ..blender_emotalk.access import current_line, scene_of
from ..blender_emotalk.timelines import redraw
from .explained import OperatorResult
from .line_operator import LineOperator


class ForgetWords(LineOperator, bpy.types.Operator):
    """The cross beside what was found."""

    bl_idname = "emotalk.forget_words"
    bl_label = "Forget Words and Sounds"
    bl_description = "Remove text, words and sounds from the line, so that Animate listens; keys stay as they are"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """There must be some."""
        line = current_line(context)
        if line is not None and not (line.text or line.alignment):
            return "The line has no words"
        return super().disabled_reason(context)

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Remove them."""
        line = self.line(context)
        line.text = ""
        alignments.forget(line)
        line_states.refresh_line(line, scene_of(context))
        redraw()
        return {"FINISHED"}
