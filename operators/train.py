"""Begin to train."""

import bpy

from ..blender_emotalk import torch_environment, training_process, training_watch
from ..blender_emotalk.access import desk_of, scene_of
from ..inference.contract import EmoTalkError
from .training_operator import TrainingOperator, project_of


class Train(TrainingOperator, bpy.types.Operator):
    """The Train button."""

    bl_idname = "emotalk.train"
    bl_label = "Train"
    bl_description = (
        "Train on the captures, in a process of its own: you can go on working, and close Blender meanwhile"
    )
    bl_options = {"INTERNAL"}
    phases = ("none", "stopped", "done")
    otherwise = "A training is running"

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """A Python that can train is needed, too."""
        return super().disabled_reason(context) or torch_environment.training_problem(context)

    def act(self, context: bpy.types.Context, seen: training_watch.Seen) -> str:
        """Start the process."""
        preset = training_watch.preset_of(desk_of(scene_of(context)))
        if not preset:
            raise EmoTalkError("There is nothing that can be trained on captures")
        training_process.start(context, project_of(seen), preset)
        return "Training has begun"
