"""Give the character a mapping from a file."""

from pathlib import Path

import bpy

from ..blender_emotalk import mapping_desk, mapping_table
from ..blender_emotalk.failures import in_one_sentence
from ..blender_emotalk.property_definitions import properties
from ..face.mapping_files import read_mapping
from ..inference.contract import EmoTalkError
from .character_operator import CharacterOperator
from .explained import OperatorResult
from .file_operator import FileOperator


@properties(
    filepath=bpy.props.StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"}),
    filter_glob=bpy.props.StringProperty(default="*.json", options={"HIDDEN"}),
)
class ImportMapping(FileOperator, CharacterOperator, bpy.types.Operator):
    """The button below the table."""

    bl_idname = "emotalk.import_mapping"
    bl_label = "Load Mapping…"
    bl_description = "Store a mapping from a file on the character"
    bl_options = {"REGISTER", "UNDO"}

    filepath: str
    filter_glob: str

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Check the file and store it."""
        anchor, _basis = self.subject(context)
        if anchor is None:
            return {"CANCELLED"}
        try:
            with in_one_sentence():
                mapping = read_mapping(Path(bpy.path.abspath(self.filepath)))
                place = mapping_desk.store(anchor, mapping)
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        mapping_table.show_change(context)
        self.report({"INFO"}, f"{place.name} has the mapping {mapping.name!r}: {len(mapping.rows)} controls")
        return {"FINISHED"}
