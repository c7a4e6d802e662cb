"""Make a sound another one."""

import bpy

from ..blender_emotalk.access import window_manager_of
from ..blender_emotalk.properties import LineProperties
from ..blender_emotalk.property_definitions import properties
from ..face.alignment import Alignment
from ..face.alignment_edits import change_sound, sound_at
from ..face.phones import EXAMPLES, PHONES
from .explained import OperatorResult
from .sound_operator import FRAME, SoundOperator


@properties(
    frame=FRAME,
    sound=bpy.props.EnumProperty(
        name="Sound",
        description="What is said instead",
        items=[(name, f"{name} as in {EXAMPLES[name]}" if name != "SIL" else "Silence", "") for name in PHONES],
        default="M",
        options={"SKIP_SAVE"},
    ),
)
class ChangeSound(SoundOperator, bpy.types.Operator):
    """The button with the sound at the playhead, and an entry of the menu of a sound."""

    bl_idname = "emotalk.change_sound"
    bl_label = "Change Sound…"
    bl_description = "Say another sound there: type a part of its name, or of a word that has it"
    bl_options = {"REGISTER", "UNDO"}
    bl_property = "sound"

    frame: float
    sound: str

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> OperatorResult:
        """Offer all sounds; of those, execute takes one."""
        window_manager_of(context).invoke_search_popup(self)
        return {"INTERFACE"}

    def edited(self, sounds: Alignment, seconds: float, _line: LineProperties) -> Alignment:
        """The chosen sound in the same time."""
        return change_sound(sounds, sound_at(sounds, seconds), self.sound)
