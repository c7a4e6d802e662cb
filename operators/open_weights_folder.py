"""The folder in which the animator's own weights lie."""

from typing import ClassVar

import bpy

from ..inference.weights_library import user_weights_folder
from .explained import ExplainedOperator


class OpenWeightsFolder(ExplainedOperator, bpy.types.Operator):
    """The Weights Folder button."""

    bl_idname = "emotalk.open_weights_folder"
    bl_label = "Weights Folder"
    bl_description = "Open the folder of your own weights; what you drop there is in the menu after a refresh"
    bl_options: ClassVar[set[str]] = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Make the folder if need be, and let the system's file manager show it."""
        folder = user_weights_folder()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self.report({"ERROR"}, f"{folder} cannot be made: {error.strerror}")
            return {"CANCELLED"}
        return bpy.ops.wm.path_open(filepath=str(folder))
