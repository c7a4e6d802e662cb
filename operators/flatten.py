"""Make one plain action of all lines of a character."""

import bpy

from ..blender_emotalk import batch, flattening, runs
from ..blender_emotalk.access import scene_of
from ..blender_emotalk.characters import find_character
from ..blender_emotalk.failures import in_one_sentence
from ..inference.contract import EmoTalkError
from .character_operator import CharacterOperator
from .explained import OperatorResult


class Flatten(CharacterOperator, bpy.types.Operator):
    """The Flatten button."""

    bl_idname = "emotalk.flatten"
    bl_label = "Flatten"
    bl_description = (
        "For export: write all lines of the character to one action with a key on every frame, and mute the lines. "
        "Clear Line and Animate bring the lines back"
    )
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Without a character there is nothing to flatten, and while a line is animated its keys are not there yet."""
        busy = "A line is being animated; wait for it, or press Esc" if batch.is_busy() else ""
        return busy or super().disabled_reason(context)

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Write the action and mute the lines."""
        scene = scene_of(context)
        try:
            with in_one_sentence():
                anchor, _basis = self.subject(context)
                character = find_character(anchor, scene, basis=None)
                result = flattening.flatten(character, scene)
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        lines = "one line" if result.lines == 1 else f"{result.lines} lines"
        sentence = f"{result.name!r} has {lines}, frames {result.first} to {result.last}; Clear Line brings them back"
        runs.show(sentence)
        self.report({"INFO"}, sentence)
        return {"FINISHED"}
