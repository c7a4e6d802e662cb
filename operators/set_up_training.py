"""Install what training needs on request."""

import bpy

from ..blender_emotalk import runs, torch_environment
from .installing_operator import InstallingOperator


class SetUpTraining(InstallingOperator, bpy.types.Operator):
    """The Set Up for Training button."""

    bl_idname = "emotalk.set_up_training"
    bl_label = "Set Up for Training"
    bl_description = "Add the packages that training needs to the Python with PyTorch, which is made if there is none"
    bl_options = {"INTERNAL"}
    question = "Install what training needs?"

    @classmethod
    def sizes(cls, context: bpy.types.Context) -> tuple[float, float]:
        """Of the packages, and of PyTorch if there is none."""
        return torch_environment.training_bytes(context)

    def start(self, context: bpy.types.Context) -> None:
        """End the worker, which may run in that Python, and begin."""
        runs.close()
        torch_environment.start_training_set_up(context)
