"""Install what training needs on request."""

import bpy

from ..blender_emotalk import batch, runs, torch_environment
from ..blender_emotalk.access import window_manager_of
from ..blender_emotalk.preferences import preferences_of
from .background_operator import BackgroundOperator
from .explained import OperatorResult


class SetUpTraining(BackgroundOperator, bpy.types.Operator):
    """The Set Up for Training button."""

    bl_idname = "emotalk.set_up_training"
    bl_label = "Set Up for Training"
    bl_description = "Add the packages that training needs to the Python with PyTorch, which is made if there is none"
    bl_options = {"INTERNAL"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """The environment must not be in use, and downloads need permission."""
        if reason := super().disabled_reason(context):
            return reason
        if batch.is_busy():
            return "A line is being animated; wait for it"
        if not (bpy.app.online_access or preferences_of(context).wheels):
            return "Allow Online Access in Blender's preferences (System), or choose a folder of wheels"
        return ""

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> OperatorResult:
        """Ask first."""
        download, disk = torch_environment.training_bytes(context)
        message = f"Up to {disk / 1e9:.1f} GB of disk will be taken"
        if not preferences_of(context).wheels:
            message = f"Up to {download / 1e9:.1f} GB will be downloaded. {message}"
        return window_manager_of(context).invoke_confirm(
            self, event, title="Install what training needs?", message=message, confirm_text="Install"
        )

    def start(self, context: bpy.types.Context) -> None:
        """End the worker, which may run in that Python, and begin."""
        runs.close()
        torch_environment.start_training_set_up(context)
