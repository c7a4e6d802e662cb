"""Add the sample head."""

import bpy

from ..blender_emotalk.heads import add_sample_head
from .explained import OperatorResult
from .head_operator import HeadOperator


class AddSampleHead(HeadOperator, bpy.types.Operator):
    """The Add Sample Head button."""

    bl_idname = "emotalk.add_sample_head"
    bl_label = "Add Sample Head"
    bl_description = "Add a rigged head with all 52 ARKit shape keys, ready to speak"
    bl_options = {"REGISTER", "UNDO"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> OperatorResult:
        """Add the head and move the view to it."""
        result = self.execute(context)
        self.show(context)
        return result

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Add the head."""
        self.choose(context, add_sample_head(self.collection(context)))
        return {"FINISHED"}
