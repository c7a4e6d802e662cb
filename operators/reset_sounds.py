"""Bring the sounds back as they were aligned."""

from typing import cast

import bpy

from ..blender_emotalk import alignments
from ..blender_emotalk.properties import LineProperties
from ..blender_emotalk.property_definitions import properties
from ..face.alignment import Alignment
from .sound_operator import FRAME, SoundOperator


@properties(frame=FRAME)
class ResetSounds(SoundOperator, bpy.types.Operator):
    """The Reset button of the words."""

    bl_idname = "emotalk.reset_sounds"
    bl_label = "Reset Sounds"
    bl_description = "Bring all sounds of the line back as they were aligned or heard"
    bl_options = {"REGISTER", "UNDO"}

    frame: float

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """There must be something to reset."""
        reason = super().disabled_reason(context)
        line = cls.active(context)
        return reason or ("" if line and alignments.is_edited(line) else "No sound was edited")

    def edited(self, _sounds: Alignment, _seconds: float, line: LineProperties) -> Alignment:
        """As before all edits."""
        return alignments.original_of(line, cast(bpy.types.Scene, line.id_data))
