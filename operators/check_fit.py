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
        "Pose the 15 visemes, measure the lips and say which do not fit, where lips do not meet or intersect"
    )
    bl_options = {"REGISTER"}

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Measure; nothing is changed."""
        anchor, basis = self.subject(context)
        try:
            with in_one_sentence():
                fit = mapping_desk.check(anchor, scene_of(context), basis)
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        mapping_table.table_of(context).sentence = fit.sentence
        good = not (fit.misses or fit.is_contact_missed or fit.intersections)
        self.report({"INFO"} if good else {"WARNING"}, fit.sentence)
        return {"FINISHED"}
