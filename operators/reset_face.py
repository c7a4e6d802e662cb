"""Bring the face back to rest."""

import bpy

from ..blender_emotalk import model_choice, resting, runs
from ..blender_emotalk.access import current_line, scene_of
from ..blender_emotalk.characters import find_character
from ..blender_emotalk.failures import in_one_sentence
from ..blender_emotalk.lines import anchor_of
from ..inference.contract import EmoTalkError
from .explained import ExplainedOperator, OperatorResult


class ResetFace(ExplainedOperator, bpy.types.Operator):
    """The Reset Face button."""

    bl_idname = "emotalk.reset_face"
    bl_label = "Reset Face"
    bl_description = "Set the shape keys that EmoTalk animates to 0 and the head bone to rest; keys are not touched"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Without a character there is nothing to reset."""
        return "" if anchor_of(current_line(context), context) else "Click the character, or choose it above"

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Set the values."""
        line = current_line(context)
        try:
            with in_one_sentence():
                basis = model_choice.spec_of(line).basis
                character = find_character(anchor_of(line, context), scene_of(context), basis)
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
