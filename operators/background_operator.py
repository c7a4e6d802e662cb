"""What the buttons share that begin a task in the background."""

import bpy

from ..blender_emotalk import background
from ..inference.contract import EmoTalkError
from .explained import ExplainedOperator, OperatorResult


class BackgroundOperator(ExplainedOperator):
    """Base of operators that begin a task and leave it to the panels to show how it goes.

    In background Blender, which draws no panels, they wait for its end.
    """

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """One task at a time."""
        task = background.at_work()
        return f"{task.name} is at work" if task else ""

    def start(self, context: bpy.types.Context) -> None:
        """Begin the task. Raises EmoTalkError where it cannot begin."""
        raise NotImplementedError

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Begin the task."""
        try:
            self.start(context)
            if bpy.app.background:
                background.wait()
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}
