"""Move the active line up or down in the dialogue list."""

import bpy

from ..blender_emotalk import desk
from ..blender_emotalk.access import desk_of, scene_of
from ..blender_emotalk.property_definitions import properties
from .explained import OperatorResult
from .line_operator import LineOperator


@properties(
    direction=bpy.props.EnumProperty(
        name="Direction", items=[("UP", "Up", "Towards the first"), ("DOWN", "Down", "Towards the last")]
    )
)
class MoveLine(LineOperator, bpy.types.Operator):
    """The arrows beside the list."""

    bl_idname = "emotalk.move_line"
    bl_label = "Move Line"
    bl_description = "Move the line up or down in the list; nothing moves in time"
    bl_options = {"UNDO"}

    direction: str

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Swap it with its neighbour; at the end nothing changes."""
        scene = scene_of(context)
        index = desk.index_of(scene, self.line(context))
        to = index + (1 if self.direction == "DOWN" else -1)
        if not 0 <= to < len(desk_of(scene).lines):
            return {"CANCELLED"}
        desk.move_line(scene, index, to)
        return {"FINISHED"}
