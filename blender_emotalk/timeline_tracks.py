"""The words and sounds that a timeline shows: over strips in the Sequencer, at the bottom of the other editors."""

from dataclasses import dataclass, field, replace
from typing import Any, Final

import bpy
import numpy as np

from ..face.alignment import Alignment
from ..face.sound_track import Rows, TimeScale, rows_in
from . import alignments
from .access import active_line, desk_of, preferences_of_blender, scene_of
from .keyframes import frame_rate
from .line_identity import identity_of
from .lines import performed_part
from .properties import LineProperties
from .strips import all_strips, is_shown, sequencer_scene
from .timelines import EDITORS
from .waveforms import waveform_of

_STRIP_BOTTOM, _STRIP_TOP = 0.05, 0.95
"""Where Blender draws a strip in its channel."""
_SCROLLER: Final = 20.0
"""Pixels at the bottom of an editor that its scroll bar and its markers take."""
_ROW: Final = 20.0
_WAVE: Final = 24.0
"""Pixels of the waveform above the words."""


@dataclass(frozen=True)
class Track:
    """The words and sounds of one line in a region.

    Attributes:
        identity: of the line.
        alignment: of the section that is performed.
        changed: for each sound, whether the animator has changed it.
        start: the scene frame of second 0.
        rate: frames per second of the scene.
        scale: seconds to pixels.
        rows: where they are.
        is_on_its_own: whether there is no strip behind it.
        peaks: of the sound, ``PEAKS_PER_SECOND``, where there is no strip that shows it.
        top: of the waveform, in pixels from the bottom of the region.
    """

    identity: str
    alignment: Alignment
    changed: tuple[bool, ...]
    start: float
    rate: float
    scale: TimeScale
    rows: Rows
    is_on_its_own: bool = False
    peaks: np.ndarray | None = field(default=None, compare=False)
    top: float = 0.0

    def frame(self, pixel: float) -> float:
        """The scene frame at a pixel."""
        return self.start + self.scale.seconds(pixel) * self.rate


def shown_scene(context: bpy.types.Context) -> bpy.types.Scene:
    """The scene whose lines an editor shows: the Sequencer's may be another one than that of the window."""
    if context.area is not None and context.area.type == "SEQUENCE_EDITOR":
        return sequencer_scene(context)
    return scene_of(context)


def tracks_in(context: bpy.types.Context) -> list[Track]:
    """What the region of a context shows, if it is a timeline and the animator wants to see it."""
    area, region = context.area, context.region
    if area is None or region is None or area.type not in EDITORS or region.type != "WINDOW":
        return []
    scene = shown_scene(context)
    if not desk_of(scene).shows_words:
        return []
    view = _View(context, region)
    if area.type == "SEQUENCE_EDITOR":
        return _over_strips(scene, view)
    line = active_line(scene)
    bottom = _SCROLLER * view.scale
    rows = rows_in(bottom, min(bottom + 2 * _ROW * view.scale, region.height / 2), view.scale, has_header=False)
    track = _track(line, scene, view, rows) if line is not None and rows is not None else None
    if track is None or line is None:
        return []
    top = min(track.rows.top + _WAVE * view.scale, region.height * 2 / 3)
    return [replace(track, is_on_its_own=True, peaks=waveform_of(line, scene), top=top)]


def track_at(context: bpy.types.Context, x: float, y: float) -> Track | None:
    """The track under a pixel of the region; None if there is none."""
    for track in tracks_in(context):
        if track.rows.row_at(y) and 0 <= track.scale.seconds(x) <= track.alignment.seconds:
            return track
    return None


def line_of(track: Track | None, context: bpy.types.Context) -> LineProperties | None:
    """The line of a track; None without a track, or if the line was removed."""
    if track is None:
        return None
    return next((line for line in desk_of(shown_scene(context)).lines if identity_of(line) == track.identity), None)


class _View:
    """Frames and channels of a region to pixels, with fractions."""

    def __init__(self, context: bpy.types.Context, region: bpy.types.Region) -> None:
        self.width = region.width
        self.scale = preferences_of_blender(context).system.ui_scale or 1.0  # 0 where there is no display
        self._left, self._bottom = region.view2d.region_to_view(0, 0)
        right, top = region.view2d.region_to_view(region.width, region.height)
        self.per_frame = region.width / max(right - self._left, 1e-6)
        self._per_channel = region.height / max(top - self._bottom, 1e-6)

    def x(self, frame: float) -> float:
        """The pixel of a frame."""
        return (frame - self._left) * self.per_frame

    def y(self, channel: float) -> float:
        """The pixel of a height in channels."""
        return (channel - self._bottom) * self._per_channel


def _over_strips(scene: bpy.types.Scene, view: _View) -> list[Track]:
    strips: dict[str, Any] = {strip.name: strip for strip in all_strips(scene) if strip.type == "SOUND"}
    found = []
    for line in desk_of(scene).lines:
        strip = strips.get(line.strip) if line.alignment else None
        if strip is None or not is_shown(strip, scene):
            continue
        rows = rows_in(view.y(strip.channel + _STRIP_BOTTOM), view.y(strip.channel + _STRIP_TOP), view.scale)
        track = rows and _track(line, scene, view, rows)
        if track:
            found.append(track)
    return found


def _track(line: LineProperties, scene: bpy.types.Scene, view: _View, rows: Rows) -> Track | None:
    alignment = alignments.usable_alignment(line, scene)
    if alignment is None:
        return None
    start, rate = performed_part(line, scene)[2], frame_rate(scene)
    scale = TimeScale(view.x(start), view.per_frame * rate, view.width, view.scale)
    if scale.start > view.width or scale.pixel(alignment.seconds) < 0:
        return None
    changed = alignments.changes_of(line, scene)
    return Track(identity_of(line), alignment, changed, start, rate, scale, rows)
