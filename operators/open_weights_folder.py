"""Open the folder of the animator's own weights."""

import bpy

from ..blender_emotalk import model_choice
from .explained import ExplainedOperator, OperatorResult


class OpenWeightsFolder(ExplainedOperator, bpy.types.Operator):
    """The Weights Folder button."""

    bl_idname = "emotalk.open_weights_folder"
    bl_label = "Weights Folder"
    bl_description = "Open the folder of your own weights; files that you add appear in the menu after a refresh"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Create the folder if necessary, and open it in the system's file manager."""
        try:
            folder = model_choice.own_folder()
        except OSError as error:
            self.report({"ERROR"}, f"{error.filename} cannot be created: {error.strerror}")
            return {"CANCELLED"}
        bpy.ops.wm.path_open(filepath=str(folder))
        return {"FINISHED"}
