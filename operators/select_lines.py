"""Select lines of the dialogue list."""

import bpy

from ..blender_emotalk import line_states
from ..blender_emotalk.access import desk_of, scene_of
from ..blender_emotalk.property_definitions import properties
from .explained import OperatorResult
from .line_operator import LineOperator


@properties(
    action=bpy.props.EnumProperty(
        name="Action",
        items=[
            ("SELECT", "All", "Every line"),
            ("DESELECT", "None", "No line"),
            ("STALE", "Stale", "Lines without keys, failed lines, and those whose sound or settings have changed"),
        ],
    )
)
class SelectLines(LineOperator, bpy.types.Operator):
    """Entries of the menu beside the list."""

    bl_idname = "emotalk.select_lines"
    bl_label = "Select Lines"
    bl_description = "Mark lines for Animate Selected and Copy Controls"
    bl_options = {"UNDO"}

    action: str

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Mark them."""
        scene = scene_of(context)
        if self.action == "STALE":
            line_states.refresh(scene)
        for line in desk_of(scene).lines:
            line.selected = line_states.needs_run(line) if self.action == "STALE" else self.action == "SELECT"
        return {"FINISHED"}
