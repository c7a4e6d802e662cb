"""Remove a shape from the line's table of single shapes."""

import bpy

from ..blender_emotalk import live, shape_table
from ..blender_emotalk.property_definitions import properties
from ..inference.contract import EmoTalkError
from .explained import OperatorResult
from .line_operator import LineOperator


@properties(channel=bpy.props.StringProperty(name="Shape", description="A channel of the table", options={"SKIP_SAVE"}))
class RemoveShape(LineOperator, bpy.types.Operator):
    """The cross beside a row."""

    bl_idname = "emotalk.remove_shape"
    bl_label = "Remove Shape"
    bl_description = "Leave this shape as it is performed"
    bl_options = {"UNDO"}

    channel: str

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Remove the row."""
        try:
            shape_table.remove_shape(self.line(context), self.channel)
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        live.slider_moved()
        return {"FINISHED"}
