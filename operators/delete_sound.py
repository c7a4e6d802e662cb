"""Remove a sound."""

import bpy

from ..blender_emotalk.properties import LineProperties
from ..blender_emotalk.property_definitions import properties
from ..face.alignment import Alignment
from ..face.alignment_edits import delete_sound, sound_at
from .sound_operator import FRAME, SoundOperator


@properties(frame=FRAME)
class DeleteSound(SoundOperator, bpy.types.Operator):
    """An entry of the menu of a sound."""

    bl_idname = "emotalk.delete_sound"
    bl_label = "Delete Sound"
    bl_description = "Remove the sound there; its neighbours grow until they meet"
    bl_options = {"REGISTER", "UNDO"}

    frame: float

    def edited(self, sounds: Alignment, seconds: float, _line: LineProperties) -> Alignment:
        """Without the sound."""
        return delete_sound(sounds, sound_at(sounds, seconds))
