"""See whether PyTorch starts."""

from typing import ClassVar

import bpy

from ..blender_emotalk import runtime
from .background_operator import BackgroundOperator


class CheckRuntime(BackgroundOperator, bpy.types.Operator):
    """The Check button."""

    bl_idname = "emotalk.check_runtime"
    bl_label = "Check"
    bl_description = "Start PyTorch once, and say what it computes on"
    bl_options: ClassVar[set[str]] = {"INTERNAL"}

    def start(self, context: bpy.types.Context) -> None:
        """Begin."""
        runtime.start_check(context)
