"""Stop the task in the background."""

import bpy

from ..blender_emotalk import background
from .explained import ExplainedOperator, OperatorResult


class CancelTask(ExplainedOperator, bpy.types.Operator):
    """The Cancel button beside the progress of a set-up or an import."""

    bl_idname = "emotalk.cancel_task"
    bl_label = "Cancel"
    bl_description = "Stop the task and its programs"
    bl_options = {"INTERNAL"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """There is nothing to cancel."""
        return "" if background.is_busy() else "Nothing is running"

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Stop it; the timer finishes it at its next tick."""
        background.cancel()
        return {"FINISHED"}
