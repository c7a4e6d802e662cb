"""Say where the lips are, on a face on which they are not found."""

import bpy

from ..blender_emotalk import lip_marks
from ..blender_emotalk.access import view_layer_of
from ..blender_emotalk.property_definitions import properties
from ..inference.contract import EmoTalkError
from .explained import ExplainedOperator, OperatorResult


@properties(
    lip=bpy.props.EnumProperty(
        name="Lip",
        items=[
            ("UPPER", "Upper Lip", "The selected vertices are the inner edge of the upper lip"),
            ("LOWER", "Lower Lip", "The selected vertices are the inner edge of the lower lip"),
        ],
    )
)
class MarkLips(ExplainedOperator, bpy.types.Operator):
    """The buttons below the table in Edit Mode."""

    bl_idname = "emotalk.mark_lips"
    bl_label = "Mark Lips"
    bl_description = (
        "Remember the selected vertices as the inner edge of a lip, at which Fit Check and Calibrate measure"
    )
    bl_options = {"REGISTER", "UNDO"}

    lip: str

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """A mesh must be edited."""
        active = view_layer_of(context).objects.active
        if active is None or active.type != "MESH" or active.mode != "EDIT":
            return "Select the inner edge of one lip in Edit Mode"
        return ""

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Write the vertex group."""
        mesh = view_layer_of(context).objects.active
        try:
            if mesh is None:
                raise EmoTalkError("There is no active object")
            count = lip_marks.mark(mesh, self.lip)
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, f"{count} vertices of {mesh.name} are the inner edge of the {self.lip.lower()} lip")
        return {"FINISHED"}
