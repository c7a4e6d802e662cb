"""End a training at once."""

import bpy

from ..blender_emotalk import training_process, training_watch
from ..blender_emotalk.access import window_manager_of
from .explained import OperatorResult
from .training_operator import TrainingOperator, project_of


class CancelTraining(TrainingOperator, bpy.types.Operator):
    """The Cancel button beside the progress of a training."""

    bl_idname = "emotalk.cancel_training"
    bl_label = "Cancel Training"
    bl_description = (
        "End the training now. What it has learnt since its last checkpoint is lost; Resume goes on from there"
    )
    bl_options = {"INTERNAL"}
    phases = training_watch.BUSY
    otherwise = "Nothing is being trained"

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> OperatorResult:
        """Ask first."""
        return window_manager_of(context).invoke_confirm(
            self,
            event,
            title="Cancel the training?",
            message="What it has learnt since its last checkpoint is lost. Pause would save it",
            confirm_text="Cancel Training",
        )

    def act(self, context: bpy.types.Context, seen: training_watch.Seen) -> str:
        """End the process."""
        run = seen.run.run if seen.run and seen.phase != "starting" else None
        training_process.cancel(training_process.runs_of(project_of(seen)), run)
        return "The training was cancelled; Resume goes on from its last checkpoint"
