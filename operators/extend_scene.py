"""Let the scene go on until the line has ended."""

import bpy

from ..blender_emotalk import line_end, runs
from ..blender_emotalk.access import current_line, scene_of
from ..blender_emotalk.line_identity import identity_of
from .explained import ExplainedOperator, OperatorResult


class ExtendScene(ExplainedOperator, bpy.types.Operator):
    """The Extend Scene button."""

    bl_idname = "emotalk.extend_scene"
    bl_label = "Extend Scene"
    bl_description = "Set the last frame of the scene to that of the line"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Only a line that ends after the scene needs more of it."""
        return line_end.why_not_extend(scene_of(context), current_line(context))

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Set the last frame."""
        scene, line = scene_of(context), current_line(context)
        end = line_end.last_frame(identity_of(line)) if line else None
        if end is None or end <= scene.frame_end:
            self.report({"WARNING"}, "The line ends within the scene; nothing was changed")
            return {"CANCELLED"}
        scene.frame_end = end
        sentence = f"{scene.name} ends at frame {end} now"
        runs.show(sentence)
        self.report({"INFO"}, sentence)
        return {"FINISHED"}
