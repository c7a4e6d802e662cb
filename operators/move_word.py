"""Move a word with all its sounds."""

import bpy

from ..blender_emotalk.property_definitions import properties
from ..blender_emotalk.timeline_tracks import Track
from ..face.alignment import Alignment, AlignmentError
from ..face.alignment_edits import move_word, word_at
from .sound_drag import TO_FRAME, SoundDrag
from .sound_operator import FRAME


@properties(frame=FRAME, to_frame=TO_FRAME)
class MoveWord(SoundDrag, bpy.types.Operator):
    """An entry of the menu of a sound: the word follows the mouse until a click."""

    bl_idname = "emotalk.move_word"
    bl_label = "Move Word"
    bl_description = "Move the word there with all its sounds, between its neighbours; click to leave it"
    bl_options = {"REGISTER", "UNDO"}

    frame: float
    to_frame: float

    def held_at(self, track: Track, x: float) -> float | None:
        """That of the menu or of the mouse, if there is a word."""
        frame = self.frame if self.is_given("frame") else track.frame(x)
        try:
            word_at(track.alignment, (frame - track.start) / track.rate)
        except AlignmentError:
            return None
        return frame

    def moved(self, sounds: Alignment, start: float, end: float) -> Alignment:
        """As far as its neighbours allow."""
        return move_word(sounds, word_at(sounds, start), end - start)
