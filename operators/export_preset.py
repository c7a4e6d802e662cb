"""Write the sliders of the line as a file to share."""

from pathlib import Path

import bpy

from ..blender_emotalk.access import window_manager_of
from ..blender_emotalk.failures import in_one_sentence
from ..blender_emotalk.property_definitions import properties
from ..blender_emotalk.sliders import preset_of
from ..dialogue.presets import SUFFIX, write_preset
from ..inference.contract import EmoTalkError
from .explained import OperatorResult
from .line_operator import LineOperator


@properties(
    filepath=bpy.props.StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"}),
    overwrite=bpy.props.BoolProperty(name="Replace", description="Replace an existing file", options={"SKIP_SAVE"}),
    filter_glob=bpy.props.StringProperty(default="*.json", options={"HIDDEN"}),
)
class ExportPreset(LineOperator, bpy.types.Operator):
    """An entry of the menu of presets."""

    bl_idname = "emotalk.export_preset"
    bl_label = "Export Preset…"
    bl_description = "Write all sliders of this line to a file for others; the preset is named after the file"
    bl_options = {"REGISTER"}

    filepath: str
    overwrite: bool
    filter_glob: str

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> OperatorResult:
        """Open the file browser."""
        if not self.filepath:
            self.filepath = f"preset{SUFFIX}"
        window_manager_of(context).fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Write it."""
        path = Path(bpy.path.abspath(self.filepath))
        if path.suffix.lower() != SUFFIX:
            path = path.with_name(path.name + SUFFIX)
        try:
            with in_one_sentence():
                write_preset(path, preset_of(self.line(context), path.stem), overwrite=self.overwrite)
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, f"Wrote {path}")
        return {"FINISHED"}
