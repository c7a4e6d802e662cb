"""Make a line of the report the active one."""

import bpy

from ..blender_emotalk import desk
from ..blender_emotalk.access import desk_of, scene_of
from ..blender_emotalk.property_definitions import properties
from .explained import OperatorResult
from .line_operator import LineOperator


@properties(
    identity=bpy.props.StringProperty(name="Identity", description="Of the line", options={"SKIP_SAVE", "HIDDEN"})
)
class ShowLine(LineOperator, bpy.types.Operator):
    """The buttons of the report."""

    bl_idname = "emotalk.show_line"
    bl_label = "Show Line"
    bl_description = "Select this line in the list, and go to the frame at which it starts"
    bl_options = {"UNDO"}

    identity: str

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Select it, if it is in the list of this scene."""
        scene = scene_of(context)
        line = desk.line_of_identity(scene, self.identity)
        if line is None:
            self.report({"WARNING"}, "That line is not in the list of this scene")
            return {"CANCELLED"}
        desk_of(scene).active_index = desk.index_of(scene, line)
        scene.frame_set(line.start_frame)
        return {"FINISHED"}
