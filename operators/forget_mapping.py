"""Forget the stored mapping."""

import bpy

from ..blender_emotalk import mapping_desk, mapping_table
from ..blender_emotalk.failures import in_one_sentence
from ..inference.contract import EmoTalkError
from .character_operator import CharacterOperator
from .explained import OperatorResult


class ForgetMapping(CharacterOperator, bpy.types.Operator):
    """The cross beside Auto-Map."""

    bl_idname = "emotalk.forget_mapping"
    bl_label = "Forget Mapping"
    bl_description = "Remove the mapping from the character; its names are recognised at every run again"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Remove it."""
        anchor, _basis = self.subject(context)
        if anchor is None:
            return {"CANCELLED"}
        try:
            with in_one_sentence():
                place = mapping_desk.store(anchor, None)
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        mapping_table.show_change(context)
        self.report({"INFO"}, f"{place.name} has no mapping of its own any more")
        return {"FINISHED"}
