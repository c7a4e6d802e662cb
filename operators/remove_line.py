"""Take the active line off the dialogue list."""

import bpy

from ..blender_emotalk import desk
from ..blender_emotalk.access import scene_of
from ..blender_emotalk.line_identity import line_name
from ..blender_emotalk.line_states import NEW
from .explained import OperatorResult
from .line_operator import LineOperator


class RemoveLine(LineOperator, bpy.types.Operator):
    """The minus beside the list."""

    bl_idname = "emotalk.remove_line"
    bl_label = "Remove Line"
    bl_description = "Take the line off the list; its keys on the character stay, Clear removes them"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Remove it, and say what stays."""
        scene, line = scene_of(context), self.line(context)
        name, has_keys = line_name(line), line.state != NEW
        desk.remove_line(scene, desk.index_of(scene, line))
        if has_keys:
            self.report({"INFO"}, f"The keys of {name!r} stay on the character; Clear All removes them")
        return {"FINISHED"}
