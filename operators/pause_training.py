"""Let a training save itself and end."""

import bpy

from ..blender_emotalk import training_process, training_watch
from ..inference.contract import EmoTalkError
from .training_operator import TrainingOperator


class PauseTraining(TrainingOperator, bpy.types.Operator):
    """The Pause button."""

    bl_idname = "emotalk.pause_training"
    bl_label = "Pause"
    bl_description = "Save a checkpoint after this step, export what was learnt so far, and end; Resume goes on"
    bl_options = {"INTERNAL"}
    phases = ("training",)
    otherwise = "Nothing is being trained"

    def act(self, context: bpy.types.Context, seen: training_watch.Seen) -> str:
        """Ask the process."""
        if seen.run is None:
            raise EmoTalkError(self.otherwise)
        training_process.pause(seen.run.run)
        return "Training pauses after this step"
