"""Check whether PyTorch starts."""

import bpy

from ..blender_emotalk import torch_environment
from .background_operator import BackgroundOperator


class CheckPytorch(BackgroundOperator, bpy.types.Operator):
    """The Check button."""

    bl_idname = "emotalk.check_pytorch"
    bl_label = "Check"
    bl_description = "Start PyTorch once and show its devices"
    bl_options = {"INTERNAL"}

    def start(self, context: bpy.types.Context) -> None:
        """Begin."""
        torch_environment.start_check(context)
