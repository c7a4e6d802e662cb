"""Operators on the active line of the dialogue list."""

from typing import cast

import bpy

from ..blender_emotalk.access import current_line
from ..blender_emotalk.desk import NO_LINE
from ..blender_emotalk.properties import LineProperties
from .explained import ExplainedOperator


class LineOperator(ExplainedOperator):
    """Base of operators that need a line, and are greyed while the list is empty."""

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """There must be a line."""
        return "" if current_line(context) else NO_LINE

    @staticmethod
    def line(context: bpy.types.Context) -> LineProperties:
        """The active line, which ``disabled_reason`` made sure of."""
        return cast(LineProperties, current_line(context))
