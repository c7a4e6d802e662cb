"""Open the preferences of the extension."""

import bpy

from ..blender_emotalk.preferences import EXTENSION
from .explained import ExplainedOperator, OperatorResult


class OpenPreferences(ExplainedOperator, bpy.types.Operator):
    """The Preferences button."""

    bl_idname = "emotalk.open_preferences"
    bl_label = "Preferences"
    bl_description = "Open EmoTalk's preferences, where PyTorch is set up"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Show them unfolded."""
        bpy.ops.preferences.addon_show(module=EXTENSION)
        return {"FINISHED"}
