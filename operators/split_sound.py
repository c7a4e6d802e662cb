"""Make two sounds of one."""

import bpy

from ..blender_emotalk.properties import LineProperties
from ..blender_emotalk.property_definitions import properties
from ..face.alignment import Alignment
from ..face.alignment_edits import sound_at, split_sound
from .sound_operator import FRAME, SoundOperator


@properties(frame=FRAME)
class SplitSound(SoundOperator, bpy.types.Operator):
    """An entry of the menu of a sound."""

    bl_idname = "emotalk.split_sound"
    bl_label = "Split Sound"
    bl_description = "Make two sounds of the one there, of which each can be changed"
    bl_options = {"REGISTER", "UNDO"}

    frame: float

    def edited(self, sounds: Alignment, seconds: float, _line: LineProperties) -> Alignment:
        """With two halves."""
        return split_sound(sounds, sound_at(sounds, seconds), seconds)
