"""Remove PyTorch to free its disk space."""

import bpy

from ..blender_emotalk import batch, runs, torch_environment
from ..blender_emotalk.access import window_manager_of
from .background_operator import BackgroundOperator
from .explained import OperatorResult


class RemovePytorch(BackgroundOperator, bpy.types.Operator):
    """The Remove button."""

    bl_idname = "emotalk.remove_pytorch"
    bl_label = "Remove"
    bl_description = "Delete the Python with PyTorch; your weights stay"
    bl_options = {"INTERNAL"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """The environment must not be in use."""
        return super().disabled_reason(context) or ("A line is being animated" if batch.is_busy() else "")

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> OperatorResult:
        """Ask first."""
        return window_manager_of(context).invoke_confirm(
            self, event, title="Remove PyTorch?", message="Your weights stay", confirm_text="Remove"
        )

    def start(self, context: bpy.types.Context) -> None:
        """End the worker, which may run in the environment, and start the removal."""
        runs.close()
        torch_environment.start_removal()
