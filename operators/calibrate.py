"""Let the character's mouth open as the curves mean it."""

import bpy

from ..blender_emotalk import mapping_desk, mapping_table
from ..blender_emotalk.access import scene_of
from ..blender_emotalk.failures import in_one_sentence
from ..inference.contract import EmoTalkError
from .character_operator import CharacterOperator
from .explained import OperatorResult


class Calibrate(CharacterOperator, bpy.types.Operator):
    """The button below the table."""

    bl_idname = "emotalk.calibrate"
    bl_label = "Calibrate"
    bl_description = (
        "Measure lips, jaw and lids, and set the gains so that mouth and eyes open and close as far as they should for "
        "the size of the face"
    )
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Measure and store."""
        anchor, basis = self.subject(context)
        try:
            with in_one_sentence():
                before, after = mapping_desk.calibrate_character(anchor, scene_of(context), basis)
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        mapping_table.show_change(context)
        mapping_table.show_fit(context, after, (f"Before: {before.lines[0]}",))
        self.report({"INFO"}, f"Before: {before.sentence}. Now: {after.sentence}")
        return {"FINISHED"}
