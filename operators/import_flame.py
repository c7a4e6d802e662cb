"""Add a head from the user's own FLAME file."""

from pathlib import Path
from typing import Final

import bpy

from ..blender_emotalk.flame_heads import import_flame_head
from ..blender_emotalk.property_definitions import properties
from ..face.errors import EmoTalkError
from .explained import OperatorResult
from .file_operator import FileOperator
from .head_operator import HeadOperator

_TERMS: Final = ("FLAME is yours to get, under its", "own terms: flame.is.tue.mpg.de", "(the Open release: CC BY 4.0)")


@properties(
    filepath=bpy.props.StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"}),
    identities=bpy.props.IntProperty(
        name="Identity Sliders",
        description="How many sliders of the shape of the head; Bake Identity makes what they show the neutral head",
        default=10,
        min=0,
        max=300,
        soft_max=50,
    ),
    filter_glob=bpy.props.StringProperty(default="*.pkl;*.npz", options={"HIDDEN"}),
)
class ImportFlame(FileOperator, HeadOperator, bpy.types.Operator):
    """The FLAME Head entry."""

    bl_idname = "emotalk.import_flame"
    bl_label = "FLAME Head…"
    bl_description = "Add a rigged head from your own FLAME file; nothing in the file is run"
    bl_options = {"REGISTER", "UNDO"}

    filepath: str
    identities: int
    filter_glob: str

    def draw(self, context: bpy.types.Context) -> None:
        """The settings, and whose terms hold."""
        if self.layout is None:
            return
        self.layout.prop(self, "identities")
        column = self.layout.column(align=True)
        for text in _TERMS:
            column.label(text=text)

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Read the file, add the head, and say which release it is and what its terms are."""
        path = Path(bpy.path.abspath(self.filepath))
        try:
            armature, model = import_flame_head(path, self.collection(context), self.identities)
        except (EmoTalkError, OSError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.choose(context, armature)
        self.show(context)
        self.report({"INFO"}, f"{model.variant.name}. {model.variant.terms}")
        return {"FINISHED"}
