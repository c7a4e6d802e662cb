"""Play only the active line."""

import bpy

from ..blender_emotalk import line_end
from ..blender_emotalk.access import scene_of
from ..blender_emotalk.line_identity import identity_of
from .explained import OperatorResult
from .line_operator import LineOperator


class SoloLine(LineOperator, bpy.types.Operator):
    """The Solo button beside the list."""

    bl_idname = "emotalk.solo_line"
    bl_label = "Solo"
    bl_description = "Play only the frames of this line (the preview range); once more plays the whole scene again"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """There must be a line with keys."""
        reason = super().disabled_reason(context)
        if reason:
            return reason
        return (
            "" if line_end.frames_of(identity_of(cls.line(context))) else "The line has no keys yet; animate it first"
        )

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Set the preview range to the line and go to its beginning, or switch it off if it is there already."""
        scene = scene_of(context)
        first, last = line_end.frames_of(identity_of(self.line(context))) or (scene.frame_start, scene.frame_end)
        if scene.use_preview_range and (scene.frame_preview_start, scene.frame_preview_end) == (first, last):
            scene.use_preview_range = False
            return {"FINISHED"}
        scene.use_preview_range = True
        scene.frame_preview_start, scene.frame_preview_end = first, last
        scene.frame_set(first)
        return {"FINISHED"}
