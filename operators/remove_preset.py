"""Delete a preset."""

import bpy

from ..blender_emotalk import preset_folder
from ..blender_emotalk.access import window_manager_of
from ..blender_emotalk.failures import in_one_sentence
from ..blender_emotalk.property_definitions import properties
from ..inference.contract import EmoTalkError
from .explained import ExplainedOperator, OperatorResult


@properties(
    preset=bpy.props.StringProperty(name="Preset", description="Its name, or that of its file", options={"SKIP_SAVE"})
)
class RemovePreset(ExplainedOperator, bpy.types.Operator):
    """The presets in the menu Remove."""

    bl_idname = "emotalk.remove_preset"
    bl_label = "Remove Preset"
    bl_description = "Delete this preset from your computer; lines that were set from it stay as they are"
    bl_options = {"INTERNAL"}

    preset: str

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> OperatorResult:
        """Ask first: it cannot be undone."""
        return window_manager_of(context).invoke_confirm(self, event)

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Delete the file."""
        try:
            with in_one_sentence():
                name = preset_folder.remove(self.preset)
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, f"Removed the preset {name!r}")
        return {"FINISHED"}
