"""Create a Python environment with PyTorch on request."""

import bpy

from ..blender_emotalk import runs, torch_environment
from .installing_operator import InstallingOperator


class SetUpPytorch(InstallingOperator, bpy.types.Operator):
    """The Set Up and Repair buttons."""

    bl_idname = "emotalk.set_up_pytorch"
    bl_label = "Set Up"
    bl_description = "Create a Python with PyTorch in a separate folder with these settings, or create it again"
    bl_options = {"INTERNAL"}
    question = "Install PyTorch?"

    @classmethod
    def sizes(cls, context: bpy.types.Context) -> tuple[float, float]:
        """Of the chosen build."""
        build = torch_environment.chosen_build(context)
        return build.download_bytes, build.disk_bytes

    def start(self, context: bpy.types.Context) -> None:
        """End the worker, which may run in the old environment, and start the set-up."""
        runs.close()
        torch_environment.start_set_up(context)
