"""Remove the encoded lines that are kept on the disk."""

import bpy

from ..blender_emotalk import feature_cache
from .explained import ExplainedOperator, OperatorResult


class ClearFeatures(ExplainedOperator, bpy.types.Operator):
    """The button beside the size of the cache."""

    bl_idname = "emotalk.clear_features"
    bl_label = "Clear"
    bl_description = "Remove the encoded lines from the disk; each is encoded again when it is animated next"

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Nothing is there to be removed."""
        return "" if feature_cache.known_size() else "No encoded lines are kept"

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Remove them, and count what is left."""
        freed = feature_cache.feature_cache(context).clear()
        feature_cache.refresh(context)
        self.report({"INFO"}, f"{freed / 1e6:,.0f} MB freed")
        return {"FINISHED"}
