"""Write the character's mapping as a file to keep and share."""

from pathlib import Path
from typing import ClassVar

import bpy

from ..blender_emotalk import mapping_desk
from ..blender_emotalk.access import scene_of
from ..blender_emotalk.property_definitions import properties
from ..face.mapping_files import SUFFIX, write_mapping
from .character_operator import CharacterOperator
from .file_export import FileExport


@properties(filter_glob=bpy.props.StringProperty(default="*.json", options={"HIDDEN"}))
class ExportMapping(FileExport, CharacterOperator, bpy.types.Operator):
    """The button below the table."""

    bl_idname = "emotalk.export_mapping"
    bl_label = "Save Mapping…"
    bl_description = "Write the mapping to a file, for other characters with the same controls"
    bl_options = {"REGISTER"}

    filter_glob: str
    first_name: ClassVar[str] = f"mapping{SUFFIX}"

    def write(self, context: bpy.types.Context, path: Path) -> tuple[str, list[str]]:
        """Write what is stored on the character, or recognised."""
        anchor, basis = self.subject(context)
        mapping = mapping_desk.look_up(anchor, scene_of(context), basis).mapping
        write_mapping(path, mapping, overwrite=self.overwrite)
        return f"Wrote {path}", []
