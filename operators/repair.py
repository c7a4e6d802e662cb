"""Let the motion be seen."""

import bpy

from ..blender_emotalk import hidden_motion, runs
from ..blender_emotalk.access import scene_of
from ..blender_emotalk.characters import find_character
from ..blender_emotalk.failures import in_one_sentence
from ..inference.contract import EmoTalkError
from .character_operator import CharacterOperator
from .explained import OperatorResult


class Repair(CharacterOperator, bpy.types.Operator):
    """The Repair button below the sentence that says why nothing moves."""

    bl_idname = "emotalk.repair"
    bl_label = "Repair"
    bl_description = "Unmute the shape keys that EmoTalk animates, and unpin the one that hides them"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Unmute and unpin."""
        (anchor, basis), scene = self.subject(context), scene_of(context)
        try:
            with in_one_sentence():
                character = find_character(anchor, scene, basis)
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
