"""The file browser for the line's sound."""

from pathlib import Path

import bpy

from ..blender_emotalk.access import scene_of, window_manager_of
from ..blender_emotalk.desk import line_to_set
from ..blender_emotalk.property_definitions import properties
from ..blender_emotalk.sounds import sound_format
from ..inference.contract import EmoTalkError
from .explained import ExplainedOperator, OperatorResult


@properties(
    filepath=bpy.props.StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"}),
    filter_sound=bpy.props.BoolProperty(default=True, options={"HIDDEN"}),
    filter_movie=bpy.props.BoolProperty(default=True, options={"HIDDEN"}),
    filter_folder=bpy.props.BoolProperty(default=True, options={"HIDDEN"}),
)
class ChooseAudio(ExplainedOperator, bpy.types.Operator):
    """The folder button beside the sound."""

    bl_idname = "emotalk.choose_audio"
    bl_label = "Choose Audio"
    bl_description = "Choose the sound of the line; a video works too if this Blender can read its sound"
    bl_options = {"REGISTER", "UNDO"}

    filepath: str
    filter_sound: bool
    filter_movie: bool
    filter_folder: bool

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> OperatorResult:
        """Open the file browser, unless a file was dropped."""
        if self.filepath:
            return self.execute(context)
        window_manager_of(context).fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Use the file if it is a sound; the line is named after it."""
        path = Path(bpy.path.abspath(self.filepath))
        try:
            sound_format(path)
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        line_to_set(scene_of(context)).audio = self.filepath
        return {"FINISHED"}
