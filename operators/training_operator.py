"""The base of operators on the captures of a scene and on what is trained from them."""

from pathlib import Path
from typing import ClassVar, Final

import bpy

from ..blender_emotalk import training_watch
from ..blender_emotalk.failures import in_one_sentence
from ..inference.contract import EmoTalkError
from .explained import ExplainedOperator, OperatorResult

_NO_CAPTURES: Final = "Choose the folder of an actor's captured takes"


class TrainingOperator(ExplainedOperator):
    """Base of such operators: ``act`` does the work; without captures, or in another phase, they are greyed."""

    phases: ClassVar[tuple[training_watch.Phase, ...]] = ("none", "starting", "training", "stopping", "stopped", "done")
    """In which they can be pressed ..."""
    otherwise: ClassVar[str] = ""
    """... and why not in others."""

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """There must be captures, and a run in the right phase."""
        if reason := why_no_captures():
            return reason
        return "" if training_watch.seen().phase in cls.phases else cls.otherwise

    def act(self, context: bpy.types.Context, seen: training_watch.Seen) -> str:
        """Do it; what was done, as a sentence. Raises EmoTalkError or OSError."""
        raise NotImplementedError

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Look at the disk, do it, and look again."""
        try:
            with in_one_sentence():
                seen = training_watch.look(context)
                if reason := self.disabled_reason(context):  # the panel may have shown what was true a second ago
                    raise EmoTalkError(reason)
                sentence = self.act(context, seen)
                training_watch.look(context)
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, sentence)
        return {"FINISHED"}


def why_no_captures() -> str:
    """Why nothing can be done with captures, as a sentence; "" if there is a project file."""
    return "" if training_watch.seen().project else _NO_CAPTURES


def project_of(seen: training_watch.Seen) -> Path:
    """The scene's project file. Raises EmoTalkError if there is none."""
    if seen.project is None:
        raise EmoTalkError(_NO_CAPTURES)
    return seen.project
