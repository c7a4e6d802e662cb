"""Add lines to the dialogue list, one for each sound file."""

from pathlib import Path

import bpy

from ..blender_emotalk.access import scene_of, window_manager_of
from ..blender_emotalk.adding import add_files
from ..blender_emotalk.property_definitions import properties
from .explained import ExplainedOperator, OperatorResult


@properties(
    directory=bpy.props.StringProperty(subtype="DIR_PATH", options={"SKIP_SAVE", "HIDDEN"}),
    files=bpy.props.CollectionProperty(type=bpy.types.OperatorFileListElement, options={"SKIP_SAVE", "HIDDEN"}),
    filter_sound=bpy.props.BoolProperty(default=True, options={"HIDDEN"}),
    filter_movie=bpy.props.BoolProperty(default=True, options={"HIDDEN"}),
    filter_folder=bpy.props.BoolProperty(default=True, options={"HIDDEN"}),
    one_after_another=bpy.props.BoolProperty(
        name="One After Another",
        description="Each line starts where the one before it ends; otherwise all start at the current frame",
        default=True,
        options={"SKIP_SAVE"},
    ),
)
class AddLines(ExplainedOperator, bpy.types.Operator):
    """The plus beside the list, and files that are dropped."""

    bl_idname = "emotalk.add_lines"
    bl_label = "Add Lines"
    bl_description = "Add a line of dialogue for each sound file that you choose"
    bl_options = {"REGISTER", "UNDO"}

    directory: str
    files: "bpy.types.bpy_prop_collection_idprop[bpy.types.OperatorFileListElement]"
    filter_sound: bool
    filter_movie: bool
    filter_folder: bool
    one_after_another: bool

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> OperatorResult:
        """Open the file browser, unless files were dropped."""
        if self.files:
            return self.execute(context)
        window_manager_of(context).fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Add those that are sounds; each of the others is named."""
        folder = Path(bpy.path.abspath(self.directory))
        paths = [str(folder / file.name) for file in self.files if file.name]
        if not paths:
            self.report({"ERROR"}, "No file is chosen; mark one or more sounds in the file browser")
            return {"CANCELLED"}
        added, complaints = add_files(context, scene_of(context), paths, self.one_after_another)
        for complaint in complaints:
            self.report({"ERROR"}, complaint)
        if added:
            self.report({"INFO"}, f"Added {len(added)} line{'s' if len(added) > 1 else ''}")
        return {"FINISHED"} if added else {"CANCELLED"}


class DroppedAudio(bpy.types.FileHandler):
    """Sounds that are dropped on the 3D view become lines."""

    bl_idname = "EMOTALK_FH_audio"
    bl_label = "EmoTalk Lines"
    bl_import_operator = "emotalk.add_lines"
    bl_file_extensions = ".wav;.mp3;.flac;.ogg;.opus;.m4a;.aac;.aif;.aiff"

    @classmethod
    def poll_drop(cls, context: bpy.types.Context) -> bool:
        """Only the 3D view: the sequencer handles dropped sounds itself."""
        return context.area is not None and context.area.type == "VIEW_3D"
