"""Create a Python environment with PyTorch on request."""

import bpy

from ..blender_emotalk import batch, runs, torch_environment
from ..blender_emotalk.access import window_manager_of
from ..blender_emotalk.preferences import preferences_of
from .background_operator import BackgroundOperator
from .explained import OperatorResult


class SetUpPytorch(BackgroundOperator, bpy.types.Operator):
    """The Set Up and Repair buttons."""

    bl_idname = "emotalk.set_up_pytorch"
    bl_label = "Set Up"
    bl_description = "Create a Python with PyTorch in a separate folder with these settings, or create it again"
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
        """Ask first, because it is large."""
        build = torch_environment.chosen_build(context)
        message = f"Up to {build.disk_bytes / 1e9:.1f} GB of disk will be taken"
        if not preferences_of(context).wheels:
            message = f"Up to {build.download_bytes / 1e9:.1f} GB will be downloaded. {message}"
        return window_manager_of(context).invoke_confirm(
            self, event, title="Install PyTorch?", message=message, confirm_text="Install"
        )

    def start(self, context: bpy.types.Context) -> None:
        """End the worker, which may run in the old environment, and start the set-up."""
        runs.close()
        torch_environment.start_set_up(context)
