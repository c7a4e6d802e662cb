"""Bring the face back to rest."""

import bpy

from ..blender_emotalk import resting, runs
from ..blender_emotalk.access import scene_of
from ..blender_emotalk.characters import find_character
from ..blender_emotalk.failures import in_one_sentence
from ..inference.contract import EmoTalkError
from .character_operator import CharacterOperator
from .explained import OperatorResult


class ResetFace(CharacterOperator, bpy.types.Operator):
    """The Reset Face button."""

    bl_idname = "emotalk.reset_face"
    bl_label = "Reset Face"
    bl_description = "Set the shape keys that EmoTalk animates to 0 and the head bone to rest; keys are not touched"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Set the values."""
        anchor, basis = self.subject(context)
        try:
            with in_one_sentence():
                character = find_character(anchor, scene_of(context), basis)
                rested = resting.rest(character)
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        controls = f", {rested.controls} controls" if rested.controls else ""
        head = " and the head bone" if rested.head else ""
        sentence = f"{rested.shape_keys} shape keys{controls}{head} of {character.name} are at rest"
        if rested.is_overwritten:
            sentence += "; its action moves them again on the next frame change"
        runs.show(sentence)
        self.report({"INFO"}, sentence)
        return {"FINISHED"}
