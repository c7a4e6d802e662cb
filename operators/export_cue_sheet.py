"""Write the lines of the scene as a cue sheet."""

from pathlib import Path

import bpy

from ..blender_emotalk import cue_lines
from ..blender_emotalk.access import scene_of, window_manager_of
from ..blender_emotalk.failures import in_one_sentence
from ..blender_emotalk.property_definitions import properties
from ..inference.contract import EmoTalkError
from .explained import OperatorResult
from .line_operator import LineOperator


@properties(
    filepath=bpy.props.StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"}),
    overwrite=bpy.props.BoolProperty(name="Replace", description="Replace an existing file", options={"SKIP_SAVE"}),
    filter_glob=bpy.props.StringProperty(default="*.csv;*.json", options={"HIDDEN"}),
)
class ExportCueSheet(LineOperator, bpy.types.Operator):
    """An entry of the menu beside the list."""

    bl_idname = "emotalk.export_cue_sheet"
    bl_label = "Export Cue Sheet…"
    bl_description = "Write all lines as a table: CSV, or JSON if the name ends so; Import Cue Sheet reads it back"
    bl_options = {"REGISTER"}

    filepath: str
    overwrite: bool
    filter_glob: str

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> OperatorResult:
        """Open the file browser."""
        if not self.filepath:
            self.filepath = "cues.csv"
        window_manager_of(context).fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Write it."""
        path = Path(bpy.path.abspath(self.filepath))
        if not path.suffix:
            path = path.with_suffix(".csv")
        try:
            with in_one_sentence():
                count, remarks = cue_lines.export_sheet(scene_of(context), path, overwrite=self.overwrite)
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        for remark in remarks:
            self.report({"WARNING"}, remark)
        self.report({"INFO"}, f"Wrote {count} line{'' if count == 1 else 's'} to {path}")
        return {"FINISHED"}
