"""Add a shape to the line's table of single shapes."""

import bpy

from ..blender_emotalk import model_choice, shape_table
from ..blender_emotalk.access import current_line, window_manager_of
from ..blender_emotalk.property_definitions import properties
from ..inference.contract import EmoTalkError
from .explained import OperatorResult
from .line_operator import LineOperator

_shown: list[tuple[str, str, str]] = []
"""Blender keeps no reference to the texts of an enumeration that is made while it runs."""


def _channels(_operator: bpy.types.Operator, context: bpy.types.Context | None) -> list[tuple[str, str, str]]:
    if context is not None:
        _shown[:] = [(name, name, "") for name in model_choice.spec_of(current_line(context)).basis.channels]
    return _shown


@properties(channel=bpy.props.EnumProperty(name="Shape", description="A channel of the model", items=_channels))
class AddShape(LineOperator, bpy.types.Operator):
    """The button under the table; it searches in the names."""

    bl_idname = "emotalk.add_shape"
    bl_label = "Add Shape"
    bl_description = "Adjust one shape of the face by a multiplier and an offset"
    bl_options = {"REGISTER", "UNDO"}
    bl_property = "channel"

    channel: str

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> OperatorResult:
        """Let the animator search."""
        window_manager_of(context).invoke_search_popup(self)
        return {"FINISHED"}

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """A row that changes nothing yet."""
        try:
            shape_table.add_shape(self.line(context), self.channel)
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}
