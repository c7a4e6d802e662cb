"""Add the sample head."""

import bpy

from ..blender_emotalk.access import scene_of, view_layer_of
from ..blender_emotalk.desk import line_to_set
from ..blender_emotalk.heads import add_sample_head
from ..blender_emotalk.lines import SAMPLE_LINE
from .explained import ExplainedOperator, OperatorResult


class AddSampleHead(ExplainedOperator, bpy.types.Operator):
    """The Add Sample Head button."""

    bl_idname = "emotalk.add_sample_head"
    bl_label = "Add Sample Head"
    bl_description = "Add a rigged head with all 52 ARKit shape keys, ready to speak"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Objects are added in Object Mode only."""
        return "" if context.mode == "OBJECT" else "Leave Edit Mode first (Tab)"

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> OperatorResult:
        """Add the head and move the view to it: it has human size, which is small in Blender's default view."""
        result = self.execute(context)
        if context.area is not None and context.area.type == "VIEW_3D":
            view = next(region for region in context.area.regions if region.type == "WINDOW")
            with context.temp_override(region=view):
                bpy.ops.view3d.view_selected()
        return result

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Add the head, select it and make it the line's character; a sample line is chosen if there is none."""
        armature = add_sample_head(context.collection or scene_of(context).collection)
        for obj in context.selected_objects:
            obj.select_set(False)
        armature.select_set(True)
        view_layer_of(context).objects.active = armature
        line = line_to_set(scene_of(context))
        line.character = armature
        if not (line.audio or line.strip):
            line.audio = str(SAMPLE_LINE)
        return {"FINISHED"}
