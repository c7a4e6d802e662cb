"""The base of buttons that start a background task."""

import bpy

from ..blender_emotalk import background
from ..blender_emotalk.failures import in_one_sentence
from ..inference.contract import EmoTalkError
from .explained import ExplainedOperator, OperatorResult


class BackgroundOperator(ExplainedOperator):
    """Base of operators that start a task whose progress is shown by the panels.

    Background Blender has no panels: there they wait for the end of the task.
    """

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Only one task can run at a time."""
        task = background.at_work()
        return f"{task.name} is running" if task else ""

    def start(self, context: bpy.types.Context) -> None:
        """Start the task. Raises EmoTalkError if it cannot start."""
        raise NotImplementedError

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Start the task."""
        try:
            with in_one_sentence():
                self.start(context)
            if bpy.app.background:
                background.wait()
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}
