"""Search for weights again."""

import bpy

from ..blender_emotalk import background, model_choice, torch_environment
from .explained import ExplainedOperator, OperatorResult


class RefreshModels(ExplainedOperator, bpy.types.Operator):
    """The refresh button beside the model."""

    bl_idname = "emotalk.refresh_models"
    bl_label = "Refresh"
    bl_description = "Search your weights folder again"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Read the folder and the state of PyTorch."""
        model_choice.refresh()
        torch_environment.refresh()
        background.redraw()
        return {"FINISHED"}
