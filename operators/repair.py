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
    bl_description = (
        "Unmute and unlock the shape keys that EmoTalk animates, unpin the one that hides them, make them relative and "
        "leave Edit Mode"
    )
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Let the face move; what hides nothing is left as it is."""
        (anchor, basis), scene = self.subject(context), scene_of(context)
        try:
            with in_one_sentence():
                character = find_character(anchor, scene, basis)
                done = hidden_motion.repair(character, scene)
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if not done:
            self.report({"WARNING"}, f"Nothing hides the shape keys of {character.name}; nothing was changed")
            return {"CANCELLED"}
        sentence = f"{character.name} can move: {', '.join(done)}"
        runs.show(sentence)
        self.report({"INFO"}, sentence)
        return {"FINISHED"}
