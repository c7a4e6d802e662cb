"""Add a head from the user's copy of ICT-FaceKit."""

from pathlib import Path

import bpy

from ..blender_emotalk.heads import add_head
from ..blender_emotalk.property_definitions import properties
from ..face.errors import EmoTalkError
from ..face.ict_facekit import read_ict
from .explained import OperatorResult
from .file_operator import FileOperator
from .head_operator import HeadOperator


@properties(
    directory=bpy.props.StringProperty(subtype="DIR_PATH", options={"SKIP_SAVE"}),
    filter_folder=bpy.props.BoolProperty(default=True, options={"HIDDEN"}),
)
class ImportIct(FileOperator, HeadOperator, bpy.types.Operator):
    """The ICT Head entry."""

    bl_idname = "emotalk.import_ict"
    bl_label = "ICT Head…"
    bl_description = "Add the head of ICT-FaceKit: choose the folder FaceXModel with its neutral mesh and expressions"
    bl_options = {"REGISTER", "UNDO"}

    directory: str
    filter_folder: bool

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Read the folder and add the head."""
        try:
            head = read_ict(Path(bpy.path.abspath(self.directory)))
        except (EmoTalkError, OSError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.choose(context, add_head(self.collection(context), "ICT Head", head.parts, head.bones))
        self.show(context)
        self.report({"INFO"}, "ICT-FaceKit, MIT licence, USC Institute for Creative Technologies")
        return {"FINISHED"}
