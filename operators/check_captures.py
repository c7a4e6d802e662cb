"""Look at every captured take before an afternoon is spent on training."""

import bpy

from ..blender_emotalk import captures, training_watch
from .background_operator import BackgroundOperator
from .training_operator import project_of, why_no_captures


class CheckCaptures(BackgroundOperator, bpy.types.Operator):
    """The Check button of the Train box."""

    bl_idname = "emotalk.check_captures"
    bl_label = "Check"
    bl_description = (
        "Measure every take: sound against mouth, dropped and frozen frames, levels, closures, vowels. Writes a report "
        "beside the project file"
    )
    bl_options = {"INTERNAL"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """There must be takes, and one task runs at a time."""
        return super().disabled_reason(context) or why_no_captures()

    def start(self, context: bpy.types.Context) -> None:
        """Begin."""
        captures.start_check(context, project_of(training_watch.look(context)))
