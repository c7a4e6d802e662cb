"""Operators on the active line's character."""

import bpy

from ..blender_emotalk import model_choice
from ..blender_emotalk.access import current_line, scene_of
from ..blender_emotalk.flame_motion import performed_basis
from ..blender_emotalk.lines import anchor_of
from ..face.basis import Basis
from .explained import ExplainedOperator


class CharacterOperator(ExplainedOperator):
    """Base of operators that need a character, and are greyed without one."""

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """There must be an object to look at."""
        return "" if anchor_of(current_line(context), context) else "Click the character, or choose it above"

    @staticmethod
    def subject(context: bpy.types.Context) -> tuple[bpy.types.Object | None, Basis]:
        """The object that identifies the character, and the basis in which it takes what the line's model performs."""
        line = current_line(context)
        anchor = anchor_of(line, context)
        return anchor, performed_basis(anchor, scene_of(context), model_choice.spec_of(line).basis)
