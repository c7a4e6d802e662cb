"""Look for weights again."""

import bpy

from ..blender_emotalk import background, model_choice, torch_environment
from .explained import ExplainedOperator, OperatorResult


class RefreshModels(ExplainedOperator, bpy.types.Operator):
    """The refresh button beside the model."""

    bl_idname = "emotalk.refresh_models"
    bl_label = "Refresh"
    bl_description = "Look again for weights in your weights folder"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Read the folder, and what is known of PyTorch."""
        model_choice.refresh()
        torch_environment.refresh()
        background.redraw()
        return {"FINISHED"}
