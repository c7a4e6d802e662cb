"""Duplicate the active line of the dialogue list."""

import bpy

from ..blender_emotalk import desk
from ..blender_emotalk.access import scene_of
from .explained import OperatorResult
from .line_operator import LineOperator


class DuplicateLine(LineOperator, bpy.types.Operator):
    """An entry of the menu beside the list."""

    bl_idname = "emotalk.duplicate_line"
    bl_label = "Duplicate Line"
    bl_description = "Add a line with the same sound and settings below this one; it has no keys yet"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Add the copy, which becomes the active line."""
        desk.copy_of_active_line(scene_of(context))
        return {"FINISHED"}
