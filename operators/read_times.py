"""Read the times of words and sounds from a file of another program."""

from pathlib import Path

import bpy

from ..blender_emotalk.access import window_manager_of
from ..blender_emotalk.properties import LineProperties
from ..blender_emotalk.property_definitions import properties
from .aligning_operator import AligningOperator
from .explained import OperatorResult


@properties(
    filepath=bpy.props.StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"}),
    filter_glob=bpy.props.StringProperty(
        default="*.TextGrid;*.textgrid;*.json;*.ctm;*.tsv;*.xml;*.pgo;*.dat;*.txt", options={"HIDDEN"}
    ),
)
class ReadTimes(AligningOperator, bpy.types.Operator):
    """An entry of the menu beside the text."""

    bl_idname = "emotalk.read_times"
    bl_label = "Times of Another Program…"
    bl_description = (
        "Read when words and sounds are said: TextGrid, JSON of MFA, Gentle, Whisper or a speech service, CTM, "
        "Rhubarb, Papagayo or Moho; sounds that you edited are replaced"
    )
    bl_options = {"REGISTER", "UNDO"}

    filepath: str
    filter_glob: str

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> OperatorResult:
        """Open the file browser; with a file, read it in the background."""
        if self.filepath:
            return super().invoke(context, event)
        window_manager_of(context).fileselect_add(self)
        return {"RUNNING_MODAL"}

    def text_of(self, line: LineProperties) -> str:
        """The line's, which is only kept."""
        return line.text

    def times_of(self) -> Path:
        """The chosen one."""
        return Path(bpy.path.abspath(self.filepath))
