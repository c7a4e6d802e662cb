"""Keep the sliders of the line as a preset."""

import bpy

from ..blender_emotalk import preset_folder
from ..blender_emotalk.access import window_manager_of
from ..blender_emotalk.failures import in_one_sentence
from ..blender_emotalk.property_definitions import properties
from ..blender_emotalk.sliders import preset_of
from ..inference.contract import EmoTalkError
from .explained import OperatorResult
from .line_operator import LineOperator


@properties(
    name=bpy.props.StringProperty(name="Name", description="What the preset is called"),
    overwrite=bpy.props.BoolProperty(
        name="Replace", description="Replace a preset of the same name", options={"SKIP_SAVE"}
    ),
)
class SavePreset(LineOperator, bpy.types.Operator):
    """An entry of the menu of presets."""

    bl_idname = "emotalk.save_preset"
    bl_label = "Save Preset…"
    bl_description = "Keep all sliders of this line under a name, for other lines and other scenes"
    bl_options = {"REGISTER"}

    name: str
    overwrite: bool

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> OperatorResult:
        """Ask for the name."""
        return window_manager_of(context).invoke_props_dialog(self)

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Write the file."""
        try:
            with in_one_sentence():
                preset_folder.save(preset_of(self.line(context), self.name.strip()), overwrite=self.overwrite)
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, f"Saved the preset {self.name.strip()!r}")
        return {"FINISHED"}
