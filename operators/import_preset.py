"""Keep a preset that somebody has shared."""

from pathlib import Path

import bpy

from ..blender_emotalk import preset_folder
from ..blender_emotalk.failures import in_one_sentence
from ..blender_emotalk.property_definitions import properties
from ..dialogue.presets import read_preset
from ..inference.contract import EmoTalkError
from .explained import OperatorResult
from .file_operator import FileOperator


@properties(
    filepath=bpy.props.StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"}),
    overwrite=bpy.props.BoolProperty(
        name="Replace", description="Replace a preset of the same name", options={"SKIP_SAVE"}
    ),
    filter_glob=bpy.props.StringProperty(default="*.json", options={"HIDDEN"}),
)
class ImportPreset(FileOperator, bpy.types.Operator):
    """An entry of the menu of presets."""

    bl_idname = "emotalk.import_preset"
    bl_label = "Import Preset…"
    bl_description = "Add a preset from a file that Export Preset wrote"
    bl_options = {"REGISTER"}

    filepath: str
    overwrite: bool
    filter_glob: str

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Check it and keep it under its name."""
        try:
            with in_one_sentence():
                preset = read_preset(Path(bpy.path.abspath(self.filepath)))
                preset_folder.save(preset, overwrite=self.overwrite)
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, f"Added the preset {preset.name!r}")
        return {"FINISHED"}
