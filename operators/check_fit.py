"""Measure whether the character's mouth opens as the curves mean it."""

import bpy

from ..blender_emotalk import mapping_desk, mapping_table
from ..blender_emotalk.access import scene_of
from ..blender_emotalk.failures import in_one_sentence
from ..inference.contract import EmoTalkError
from .character_operator import CharacterOperator
from .explained import OperatorResult


class CheckFit(CharacterOperator, bpy.types.Operator):
    """The button below the table."""

    bl_idname = "emotalk.check_fit"
    bl_label = "Fit Check"
    bl_description = (
        "Play the 15 visemes, speech over a smile, and blinks, and say which openings do not fit, where lips or lids "
        "do not meet, and what goes through what; nothing is changed"
    )
    bl_options = {"REGISTER"}

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Measure; nothing is changed."""
        anchor, basis = self.subject(context)
        try:
            with in_one_sentence():
                fit, changes = mapping_desk.check(anchor, scene_of(context), basis)
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        offer = (f"Calibrate would set {changes}",) if changes and not fit.is_good else ()
        mapping_table.show_fit(context, fit, offer)
        self.report({"INFO"} if fit.is_good else {"WARNING"}, "; ".join((*fit.lines, *offer)))
        return {"FINISHED"}
