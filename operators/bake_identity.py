"""Make the identity that a FLAME head's sliders show its neutral head."""

import bpy

from ..blender_emotalk.flame_heads import bake_identity, is_flame_head
from ..face.errors import EmoTalkError
from .explained import ExplainedOperator, OperatorResult


class BakeIdentity(ExplainedOperator, bpy.types.Operator):
    """The Bake FLAME Identity entry."""

    bl_idname = "emotalk.bake_identity"
    bl_label = "Bake FLAME Identity"
    bl_description = "Make the shape that the identity sliders show the neutral head; bones and all shapes follow"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """A FLAME head of ours must be active, in Object Mode."""
        if context.mode != "OBJECT":
            return "Leave Edit Mode first (Tab)"
        armature = _armature_of(context.active_object)
        if not is_flame_head(armature):
            return "Select a head that was added with Add > Mesh > EmoTalk > FLAME Head"
        return "" if armature is None or armature.is_editable else "The head is linked from another file; make it local"

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Rebuild the head."""
        armature = _armature_of(context.active_object)
        try:
            if armature is not None:
                bake_identity(armature)
        except (EmoTalkError, OSError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


def _armature_of(obj: bpy.types.Object | None) -> bpy.types.Object | None:
    return obj.parent if obj is not None and obj.type == "MESH" else obj
