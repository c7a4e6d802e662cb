"""Take the text of the line from a text file."""

from pathlib import Path

import bpy

from ..blender_emotalk.access import scene_of
from ..blender_emotalk.line_texts import text_of_file
from ..blender_emotalk.property_definitions import properties
from .file_operator import FileOperator
from .text_operator import TextOperator


@properties(
    filepath=bpy.props.StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"}),
    character=bpy.props.StringProperty(
        name="Character",
        description="Whose lines of a screenplay are taken; empty for the lines of all",
        options={"SKIP_SAVE"},
    ),
    filter_glob=bpy.props.StringProperty(default="*.txt;*.srt;*.vtt;*.fountain;*.spmd", options={"HIDDEN"}),
)
class LoadText(TextOperator, FileOperator, bpy.types.Operator):
    """An entry of the menu beside the text."""

    bl_idname = "emotalk.load_text"
    bl_label = "Text File…"
    bl_description = "Take the text from a text file, a screenplay, or the subtitles (SRT, VTT) of the line's time"
    bl_options = {"REGISTER", "UNDO"}

    filepath: str
    character: str
    filter_glob: str

    def text(self, context: bpy.types.Context) -> str:
        """The file's."""
        path = Path(bpy.path.abspath(self.filepath))
        return text_of_file(path, self.character, self.line(context), scene_of(context))
