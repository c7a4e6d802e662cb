"""Choose the folder of an actor's captured takes."""

from pathlib import Path

import bpy

from ..blender_emotalk import captures, training_watch
from ..blender_emotalk.access import desk_of, scene_of
from ..blender_emotalk.property_definitions import properties
from .background_operator import BackgroundOperator
from .file_operator import FileOperator


@properties(
    directory=bpy.props.StringProperty(subtype="DIR_PATH", options={"SKIP_SAVE"}),
    filter_folder=bpy.props.BoolProperty(default=True, options={"HIDDEN"}),
)
class ChooseCaptures(FileOperator, BackgroundOperator, bpy.types.Operator):
    """The folder button beside the captures."""

    bl_idname = "emotalk.choose_captures"
    bl_label = "Choose Folder"
    bl_description = (
        "Choose the folder of an actor's takes. If it has no project file, the takes in it are looked for and listed "
        "in one; a project file that is there stays as it is"
    )
    bl_options = {"REGISTER", "UNDO"}

    directory: str
    filter_folder: bool

    def start(self, context: bpy.types.Context) -> None:
        """Remember the project file, and begin to write it if there is none."""
        project = captures.choose(context, Path(bpy.path.abspath(self.directory)))
        desk_of(scene_of(context)).captures = str(project)
        training_watch.look(context)
