"""The base of operators that give the line a text."""

import bpy

from ..blender_emotalk.failures import in_one_sentence
from ..inference.contract import EmoTalkError
from .explained import OperatorResult
from .line_operator import LineOperator


class TextOperator(LineOperator):
    """Base of such operators, which differ in where the text comes from."""

    def text(self, context: bpy.types.Context) -> str:
        """The text. Raises EmoTalkError if there is none."""
        raise NotImplementedError

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Set it, in one paragraph."""
        try:
            with in_one_sentence():
                text = " ".join(self.text(context).split())
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.line(context).text = text
        self.report({"INFO"}, f"The line's text has {len(text.split()):,} words")
        return {"FINISHED"}
