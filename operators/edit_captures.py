"""Open the project file of the captures in Blender's text editor."""

import bpy

from ..blender_emotalk import project_text, training_watch
from .explained import OperatorResult
from .training_operator import TrainingOperator, project_of


class EditCaptures(TrainingOperator, bpy.types.Operator):
    """The Labels button."""

    bl_idname = "emotalk.edit_captures"
    bl_label = "Labels"
    bl_description = (
        "Open the project file in a text editor: emotion, level and split of each take. Save it there "
        "(Text > Save), then check again"
    )
    bl_options = {"REGISTER", "UNDO"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> OperatorResult:
        """Load the text, and show it in a text editor; in a new window if none is open."""
        done = self.execute(context)
        if done == {"FINISHED"} and (project := training_watch.seen().project):
            project_text.show(context, project_text.load(project))
        return done

    def act(self, context: bpy.types.Context, seen: training_watch.Seen) -> str:
        """Load the text."""
        return f"{project_text.load(project_of(seen)).name} is among the texts"
