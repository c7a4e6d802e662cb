"""Move the boundary between two sounds."""

import bpy

from ..blender_emotalk.property_definitions import properties
from ..blender_emotalk.timeline_tracks import Track
from ..face.alignment import Alignment
from ..face.alignment_edits import move_boundary, nearest_boundary
from ..face.sound_track import boundary_near
from .sound_drag import TO_FRAME, SoundDrag
from .sound_operator import FRAME


@properties(frame=FRAME, to_frame=TO_FRAME)
class MoveBoundary(SoundDrag, bpy.types.Operator):
    """The left mouse button on a boundary in the timelines."""

    bl_idname = "emotalk.move_boundary"
    bl_label = "Move Boundary"
    bl_description = "Move the boundary between two sounds; the mouth follows at once"
    bl_options = {"REGISTER", "UNDO"}

    frame: float
    to_frame: float

    def held_at(self, track: Track, x: float) -> float | None:
        """The nearest boundary's, if it is near enough."""
        boundary = boundary_near(track.alignment, track.scale, x)
        return None if boundary is None else track.start + track.alignment.phones[boundary].end * track.rate

    def moved(self, sounds: Alignment, start: float, end: float) -> Alignment:
        """The nearest boundary, within its limits."""
        return move_boundary(sounds, nearest_boundary(sounds, start), end)
