"""Recognise how the character's controls are named."""

import bpy

from ..blender_emotalk import mapping_desk, mapping_table
from ..blender_emotalk.access import scene_of
from ..blender_emotalk.failures import in_one_sentence
from ..face.mapping import say_missing
from ..inference.contract import EmoTalkError
from .character_operator import CharacterOperator
from .explained import OperatorResult


class AutoMap(CharacterOperator, bpy.types.Operator):
    """The button above the table."""

    bl_idname = "emotalk.auto_map"
    bl_label = "Auto-Map"
    bl_description = (
        "Recognise the shape keys, bones and properties by their names, and store the mapping on the character"
    )
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Store it, and say what is missing."""
        anchor, basis = self.subject(context)
        try:
            with in_one_sentence():
                found = mapping_desk.auto_map(anchor, scene_of(context), basis)
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        mapping_table.show_change(context)
        recognition = found.recognition
        sentence = f"{found.place.name}: {found.mapping.name}, {recognition.found} of {recognition.expected} names"
        if recognition.missing and basis.regions:
            self.report({"WARNING"}, f"{sentence}; nothing for {say_missing(recognition.missing, basis)}")
        else:
            self.report({"INFO"}, sentence)
        return {"FINISHED"}
