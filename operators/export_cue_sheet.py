"""Write the lines of the scene as a cue sheet."""

from pathlib import Path
from typing import ClassVar

import bpy

from ..blender_emotalk import cue_lines
from ..blender_emotalk.access import scene_of
from ..blender_emotalk.property_definitions import properties
from .file_export import FileExport
from .line_operator import LineOperator


@properties(filter_glob=bpy.props.StringProperty(default="*.csv;*.json", options={"HIDDEN"}))
class ExportCueSheet(FileExport, LineOperator, bpy.types.Operator):
    """An entry of the menu beside the list."""

    bl_idname = "emotalk.export_cue_sheet"
    bl_label = "Export Cue Sheet…"
    bl_description = "Write all lines as a table: CSV, or JSON if the name ends so; Import Cue Sheet reads it back"
    bl_options = {"REGISTER"}

    filter_glob: str
    first_name: ClassVar[str] = "cues.csv"
    suffixes: ClassVar[tuple[str, ...]] = (".csv", ".json")

    def write(self, context: bpy.types.Context, path: Path) -> tuple[str, list[str]]:
        """Write the table, with a remark for each line that it cannot describe fully."""
        count, remarks = cue_lines.export_sheet(scene_of(context), path, overwrite=self.overwrite)
        return f"Wrote {count} line{'' if count == 1 else 's'} to {path}", list(remarks)
