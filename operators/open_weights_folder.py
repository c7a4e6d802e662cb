"""The folder in which the animator's own weights lie."""

import bpy

from ..blender_emotalk import model_choice
from .explained import ExplainedOperator, OperatorResult


class OpenWeightsFolder(ExplainedOperator, bpy.types.Operator):
    """The Weights Folder button."""

    bl_idname = "emotalk.open_weights_folder"
    bl_label = "Weights Folder"
    bl_description = "Open the folder of your own weights; what you drop there is in the menu after a refresh"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Make the folder if need be, and let the system's file manager show it."""
        try:
            folder = model_choice.own_folder()
        except OSError as error:
            self.report({"ERROR"}, f"{error.filename} cannot be made: {error.strerror}")
            return {"CANCELLED"}
        bpy.ops.wm.path_open(filepath=str(folder))
        return {"FINISHED"}
