"""Shut the lips for a moment."""

import bpy

from ..blender_emotalk.properties import LineProperties
from ..blender_emotalk.property_definitions import properties
from ..face.alignment import Alignment
from ..face.alignment_edits import insert_closure
from .sound_operator import FRAME, SoundOperator


@properties(
    frame=FRAME,
    sound=bpy.props.EnumProperty(
        name="Sound",
        description="What closes the lips",
        items=[
            ("M", "M", "Closed all the time, as in me"),
            ("B", "B", "Closed, then open, as in be"),
            ("P", "P", "Closed, then a burst, as in pea"),
        ],
        options={"SKIP_SAVE"},
    ),
)
class InsertClosure(SoundOperator, bpy.types.Operator):
    """Entries of the menu of a sound."""

    bl_idname = "emotalk.insert_closure"
    bl_label = "Insert Closure"
    bl_description = "Shut the lips there"
    bl_options = {"REGISTER", "UNDO"}

    frame: float
    sound: str

    def edited(self, sounds: Alignment, seconds: float, _line: LineProperties) -> Alignment:
        """With the closure."""
        return insert_closure(sounds, seconds, self.sound)
