"""Stop the run in the background."""

import bpy

from ..blender_emotalk import batch
from .explained import ExplainedOperator, OperatorResult


class Cancel(ExplainedOperator, bpy.types.Operator):
    """The Cancel button."""

    bl_idname = "emotalk.cancel"
    bl_label = "Cancel"
    bl_description = "Stop animating; nothing in the scene has been changed yet"
    bl_options = {"INTERNAL"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """There is nothing to cancel."""
        return "" if batch.is_busy() else "Nothing is being animated"

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Stop the run; the operator that started it ends at its next tick."""
        batch.cancel()
        return {"FINISHED"}
