"""Go on with a training that was paused, cancelled or killed."""

import bpy

from ..blender_emotalk import torch_environment, training_process, training_watch
from ..inference.contract import EmoTalkError
from .training_operator import TrainingOperator, project_of


class ResumeTraining(TrainingOperator, bpy.types.Operator):
    """The Resume button."""

    bl_idname = "emotalk.resume_training"
    bl_label = "Resume"
    bl_description = "Go on with the newest run from its last checkpoint"
    bl_options = {"INTERNAL"}
    phases = ("stopped",)
    otherwise = "No training was paused"

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """A Python that can train is needed, too."""
        return super().disabled_reason(context) or torch_environment.training_problem(context)

    def act(self, context: bpy.types.Context, seen: training_watch.Seen) -> str:
        """Start the process."""
        if seen.run is None:
            raise EmoTalkError(self.otherwise)
        training_process.resume(context, training_process.runs_of(project_of(seen)), seen.run.run)
        return "Training goes on"
