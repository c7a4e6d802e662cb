"""Write the character's mapping as a file to keep and share."""

from pathlib import Path

import bpy

from ..blender_emotalk import mapping_desk
from ..blender_emotalk.access import scene_of, window_manager_of
from ..blender_emotalk.failures import in_one_sentence
from ..blender_emotalk.property_definitions import properties
from ..face.mapping_files import SUFFIX, write_mapping
from ..inference.contract import EmoTalkError
from .character_operator import CharacterOperator
from .explained import OperatorResult


@properties(
    filepath=bpy.props.StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"}),
    overwrite=bpy.props.BoolProperty(name="Replace", description="Replace an existing file", options={"SKIP_SAVE"}),
    filter_glob=bpy.props.StringProperty(default="*.json", options={"HIDDEN"}),
)
class ExportMapping(CharacterOperator, bpy.types.Operator):
    """The button below the table."""

    bl_idname = "emotalk.export_mapping"
    bl_label = "Save Mapping…"
    bl_description = "Write the mapping to a file, for other characters with the same controls"
    bl_options = {"REGISTER"}

    filepath: str
    overwrite: bool
    filter_glob: str

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> OperatorResult:
        """Open the file browser."""
        if not self.filepath:
            self.filepath = f"mapping{SUFFIX}"
        window_manager_of(context).fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Write it."""
        path = Path(bpy.path.abspath(self.filepath))
        if path.suffix.lower() != SUFFIX:
            path = path.with_name(path.name + SUFFIX)
        anchor, basis = self.subject(context)
        try:
            with in_one_sentence():
                mapping = mapping_desk.look_up(anchor, scene_of(context), basis).mapping
                write_mapping(path, mapping, overwrite=self.overwrite)
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, f"Wrote {path}")
        return {"FINISHED"}
