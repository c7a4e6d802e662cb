"""Let the motion be seen."""

import bpy

from ..blender_emotalk import hidden_motion, model_choice, runs
from ..blender_emotalk.access import current_line, scene_of
from ..blender_emotalk.characters import find_character
from ..blender_emotalk.failures import in_one_sentence
from ..blender_emotalk.lines import anchor_of
from ..inference.contract import EmoTalkError
from .explained import ExplainedOperator, OperatorResult


class Repair(ExplainedOperator, bpy.types.Operator):
    """The Repair button below the sentence that says why nothing moves."""

    bl_idname = "emotalk.repair"
    bl_label = "Repair"
    bl_description = "Unmute the shape keys that EmoTalk animates, and unpin the one that hides them"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Without a character there is nothing to repair."""
        return "" if anchor_of(current_line(context), context) else "Click the character, or choose it above"

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Unmute and unpin."""
        line, scene = current_line(context), scene_of(context)
        try:
            with in_one_sentence():
                character = find_character(anchor_of(line, context), scene, model_choice.spec_of(line).basis)
                unmuted, unpinned = hidden_motion.repair(character, scene)
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if not (unmuted or unpinned):
            self.report({"WARNING"}, f"No shape key of {character.name} is muted or pinned; nothing was changed")
            return {"CANCELLED"}
        sentence = f"{character.name} can move: {unmuted} shape keys unmuted, {unpinned} meshes unpinned"
        runs.show(sentence)
        self.report({"INFO"}, sentence)
        return {"FINISHED"}
