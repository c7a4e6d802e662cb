"""Operators that add a head."""

import bpy

from ..blender_emotalk.access import scene_of, view_layer_of
from ..blender_emotalk.desk import line_to_set
from ..blender_emotalk.lines import SAMPLE_LINE
from .explained import ExplainedOperator


class HeadOperator(ExplainedOperator):
    """Base of operators that add a head, which becomes the line's character."""

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Objects are added in Object Mode only."""
        return "" if context.mode == "OBJECT" else "Leave Edit Mode first (Tab)"

    @staticmethod
    def collection(context: bpy.types.Context) -> bpy.types.Collection:
        """Where the head goes."""
        return context.collection or scene_of(context).collection

    @staticmethod
    def choose(context: bpy.types.Context, armature: bpy.types.Object) -> None:
        """Select the head and make it the line's character; a sample line is chosen if there is none."""
        for obj in context.selected_objects:
            obj.select_set(False)
        armature.select_set(True)
        view_layer_of(context).objects.active = armature
        line = line_to_set(scene_of(context))
        line.character = armature
        if not (line.audio or line.strip):
            line.audio = str(SAMPLE_LINE)

    @staticmethod
    def show(context: bpy.types.Context) -> None:
        """Move the view to the selected head with its meshes: human size is small in Blender's default view."""
        if context.area is None or context.area.type != "VIEW_3D":
            return
        view = next(region for region in context.area.regions if region.type == "WINDOW")
        meshes = [child for armature in context.selected_objects for child in armature.children]
        for mesh in meshes:
            mesh.select_set(True)
        with context.temp_override(region=view):
            bpy.ops.view3d.view_selected()
        for mesh in meshes:
            mesh.select_set(False)
