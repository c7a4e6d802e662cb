"""Remove the keys that Animate wrote."""

import bpy

from ..blender_emotalk import baking, flattening, line_states, runs
from ..blender_emotalk.access import current_line, scene_of
from ..blender_emotalk.characters import Character, find_character
from ..blender_emotalk.failures import in_one_sentence
from ..blender_emotalk.line_identity import identity_of, line_name
from ..blender_emotalk.lines import anchor_of
from ..blender_emotalk.property_definitions import properties
from ..inference.contract import EmoTalkError
from .character_operator import CharacterOperator
from .explained import OperatorResult


@properties(
    line=bpy.props.StringProperty(
        name="Line", description="The line to remove; the current one if empty", options={"SKIP_SAVE", "HIDDEN"}
    ),
    all_lines=bpy.props.BoolProperty(
        name="All Lines", description="Every line of the character instead of this one", options={"SKIP_SAVE"}
    ),
)
class Clear(CharacterOperator, bpy.types.Operator):
    """The Clear buttons."""

    bl_idname = "emotalk.clear"
    bl_label = "Clear"
    bl_description = (
        "Remove the keys that EmoTalk wrote and restore the earlier state; your own keys stay. "
        "If the lines were flattened, Clear Line brings them back first"
    )
    bl_options = {"REGISTER", "UNDO"}

    line: str
    all_lines: bool

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Remove the line's action, or all our actions."""
        line = current_line(context)
        name = self.line or (line_name(line) if line else "")
        try:
            with in_one_sentence():
                character = find_character(anchor_of(line, context), scene_of(context), basis=None)
                if not self.all_lines and flattening.is_flattened(character):
                    return self._lift(character)
                identity = identity_of(line) if line else ""
                if self.line and not self.all_lines:
                    identity = baking.identity_named(character, name)
                    _check_performs(character, identity, name)
                wanted = None if self.all_lines else identity
                has_lost_values = baking.has_lost_values(character, wanted)
                removed = baking.clear(character, wanted)
                line_states.refresh(scene_of(context))
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if not removed:
            what = "any line" if self.all_lines else f"the line {name!r}"
            self.report({"WARNING"}, f"{character.name} does not perform {what}; nothing was removed")
            return {"CANCELLED"}
        sentence = f"Removed {removed} line{'s' if removed > 1 else ''} from {character.name}"
        if has_lost_values:
            sentence += "; the values from before could not be read, so set the shape keys and the head bone yourself"
        runs.show(sentence)
        self.report({"WARNING" if has_lost_values else "INFO"}, sentence)
        return {"FINISHED"}

    def _lift(self, character: Character) -> OperatorResult:
        """Play the lines again that were flattened; they are not cleared."""
        baking.check_layers(character)
        flattening.lift(character)
        sentence = f"{character.name} plays its lines again; press Clear Line once more to remove this one"
        runs.show(sentence)
        self.report({"INFO"}, sentence)
        return {"FINISHED"}


def _check_performs(character: Character, identity: str, line: str) -> None:
    """Raises EmoTalkError for a line that the character does not perform."""
    if not baking.performs(character, identity):
        lines = baking.lines_of(character)
        there = f"there are: {', '.join(lines)}" if lines else "there are none"
        raise EmoTalkError(f"{character.name} does not perform a line named {line!r}; {there}")
