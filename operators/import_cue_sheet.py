"""Add the lines of a cue sheet."""

from pathlib import Path

import bpy

from ..blender_emotalk import cue_lines
from ..blender_emotalk.access import scene_of
from ..blender_emotalk.failures import in_one_sentence
from ..blender_emotalk.property_definitions import properties
from ..inference.contract import EmoTalkError
from .explained import OperatorResult
from .file_operator import FileOperator


@properties(
    filepath=bpy.props.StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"}),
    leave_out_bad=bpy.props.BoolProperty(
        name="Leave Out Bad Rows",
        description="Add the good rows; otherwise nothing is added while a row is bad",
        options={"SKIP_SAVE"},
    ),
    zero=bpy.props.StringProperty(
        name="Timecode of Start Frame",
        description="The timecode of the scene's start frame, such as 01:00:00:00; empty for 0",
    ),
    filter_glob=bpy.props.StringProperty(default="*.csv;*.tsv;*.txt;*.json", options={"HIDDEN"}),
)
class ImportCueSheet(FileOperator, bpy.types.Operator):
    """An entry of the menu beside the list."""

    bl_idname = "emotalk.import_cue_sheet"
    bl_label = "Import Cue Sheet…"
    bl_description = "Add a line for each row of a table (CSV or JSON): file, start, character, emotion, and any slider"
    bl_options = {"REGISTER", "UNDO"}

    filepath: str
    leave_out_bad: bool
    zero: str
    filter_glob: str

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Add all rows, or none; each bad row is named."""
        path = Path(bpy.path.abspath(self.filepath))
        try:
            with in_one_sentence():
                added = cue_lines.add_sheet(scene_of(context), path, zero=self.zero, leave_out_bad=self.leave_out_bad)
        except EmoTalkError as error:
            for sentence in str(error).splitlines():
                self.report({"ERROR"}, sentence)
            return {"CANCELLED"}
        for row, sentence in sorted(added.left_out.items()):
            self.report({"WARNING"}, f"Row {row}: {sentence}")
        self.report({"INFO"}, added.sentence)
        return {"FINISHED"}
