"""A Python with PyTorch, made on request."""

import bpy

from ..blender_emotalk import runs, torch_environment
from ..blender_emotalk.access import window_manager_of
from ..blender_emotalk.preferences import preferences_of
from .background_operator import BackgroundOperator
from .explained import OperatorResult


class SetUpPytorch(BackgroundOperator, bpy.types.Operator):
    """The Set Up and Repair buttons."""

    bl_idname = "emotalk.set_up_pytorch"
    bl_label = "Set Up"
    bl_description = "Make a Python with PyTorch in a folder of its own, or make it anew, as it is chosen here"
    bl_options = {"INTERNAL"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Nothing may use the environment, and nothing is downloaded without leave."""
        if reason := super().disabled_reason(context):
            return reason
        if runs.is_running():
            return "A line is being animated; wait for it"
        if not (bpy.app.online_access or preferences_of(context).wheels):
            return "Allow Online Access in Blender's preferences (System), or choose a folder of wheels"
        return ""

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> OperatorResult:
        """Ask first: it is much."""
        build = torch_environment.expected_build(context)
        message = f"Up to {build.disk_bytes / 1e9:.1f} GB of disk will be taken"
        if not preferences_of(context).wheels:
            message = f"Up to {build.download_bytes / 1e9:.1f} GB will be downloaded. {message}"
        return window_manager_of(context).invoke_confirm(
            self, event, title="Install PyTorch?", message=message, confirm_text="Install"
        )

    def start(self, context: bpy.types.Context) -> None:
        """Begin; the worker may run in the environment that is about to go."""
        runs.close()
        torch_environment.start_set_up(context)
