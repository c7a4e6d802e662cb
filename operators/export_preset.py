"""Write the sliders of the line as a file to share."""

from pathlib import Path
from typing import ClassVar

import bpy

from ..blender_emotalk.property_definitions import properties
from ..blender_emotalk.sliders import preset_of
from ..dialogue.presets import SUFFIX, write_preset
from .file_export import FileExport
from .line_operator import LineOperator


@properties(filter_glob=bpy.props.StringProperty(default="*.json", options={"HIDDEN"}))
class ExportPreset(FileExport, LineOperator, bpy.types.Operator):
    """An entry of the menu of presets."""

    bl_idname = "emotalk.export_preset"
    bl_label = "Export Preset…"
    bl_description = "Write all sliders of this line to a file for others; the preset is named after the file"
    bl_options = {"REGISTER"}

    filter_glob: str
    first_name: ClassVar[str] = f"preset{SUFFIX}"

    def write(self, context: bpy.types.Context, path: Path) -> tuple[str, list[str]]:
        """Write the preset."""
        write_preset(path, preset_of(self.line(context), path.stem), overwrite=self.overwrite)
        return f"Wrote {path}", []
