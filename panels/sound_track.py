"""Words and sounds drawn over the timelines."""

import functools
from collections.abc import Iterable
from typing import Any, Final

import blf
import bpy
import gpu
from gpu_extras.batch import batch_for_shader

from ..blender_emotalk.access import preferences_of_blender
from ..blender_emotalk.timeline_tracks import Track, tracks_in
from ..face.alignment import LEAST_FIT
from ..face.sound_track import PEAKS_PER_SECOND, Box, shows_words_alone, sound_boxes, wave_bars, word_boxes

_Colour = tuple[float, float, float, float]

_LETTERS: Final = 11.0
"""Size at a display scale of 1."""
_FONT: Final = 0
_SPACES: Final = ("SpaceSequenceEditor", "SpaceDopeSheetEditor", "SpaceGraphEditor")
_DIM: Final = 0.4
"""Opacity of what is left to listening."""
_DARKER: Final = 0.72
"""Of sounds against words."""
_MARK: Final = 2.0
"""Pixels of the line under a sound that the animator has changed."""
_handlers: Final[list[tuple[Any, Any]]] = []


def show() -> None:
    """Begin to draw; background Blender has nothing to draw on."""
    if bpy.app.background:
        return
    for name in _SPACES:
        space: Any = getattr(bpy.types, name)
        _handlers.append((space, space.draw_handler_add(_draw, (), "WINDOW", "POST_PIXEL")))


def hide() -> None:
    """End."""
    while _handlers:
        space, handler = _handlers.pop()
        space.draw_handler_remove(handler, "WINDOW")


def _draw() -> None:
    context = bpy.context
    for track in tracks_in(context):
        _draw_track(track, _Theme(context))


class _Theme:
    """The colours of the animator's theme."""

    def __init__(self, context: bpy.types.Context) -> None:
        interface: Any = preferences_of_blender(context).themes[0].user_interface
        self.back = (*interface.wcol_menu_back.inner[:3], 0.85)
        self.wave = (*interface.wcol_regular.text_sel[:3], 0.45)
        self.word = (*interface.wcol_regular.inner[:3], 0.88)
        self.sound = (*(_DARKER * value for value in self.word[:3]), 0.88)
        self.contact = {
            "": self.sound,
            "lips": (*_between(interface.axis_x, self.sound), 0.92),
            "teeth": (*_between(interface.axis_z, self.sound), 0.92),
        }
        self.changed = (*interface.wcol_state.inner_changed[:3], 1.0)
        self.letters = (*interface.wcol_regular.text_sel[:3], 1.0)


def _between(one: Iterable[float], other: Iterable[float]) -> tuple[float, ...]:
    """Three quarters of one colour: full ones would outshine the letters."""
    return tuple(0.75 * a + 0.25 * b for a, b in zip(list(one)[:3], list(other)[:3], strict=True))


def _draw_track(track: Track, theme: _Theme) -> None:
    scale, rows = track.scale, track.rows
    blf.size(_FONT, _LETTERS * scale.scale)
    width_of = functools.partial(_width, size=_LETTERS * scale.scale)
    rectangles: dict[_Colour, list[tuple[float, float, float, float]]] = {}
    letters: list[tuple[Box, float, float]] = []
    gap = scale.scale

    def add(box: Box, bottom: float, top: float, colour: _Colour) -> None:
        opacity = colour[3] if box.fit >= LEAST_FIT else colour[3] * _DIM
        place = (box.left, bottom, max(box.right - gap, box.left + gap), top - gap)
        rectangles.setdefault((*colour[:3], opacity), []).append(place)
        if box.text:
            letters.append((box, bottom, top - gap))

    if track.is_on_its_own:
        ends = max(scale.start, 0.0), min(scale.pixel(track.alignment.seconds), scale.width)
        rectangles[theme.back] = [(ends[0], rows.bottom, ends[1], max(rows.top, track.top))]
        if track.peaks is not None:
            bars = wave_bars(track.peaks, PEAKS_PER_SECOND, scale)
            height = track.top - rows.top
            rectangles[theme.wave] = [(left, rows.top, right, rows.top + share * height) for left, right, share in bars]
    has_words_alone = shows_words_alone(track.alignment, scale, rows)
    sounds = [] if has_words_alone else sound_boxes(track.alignment, track.changed, scale, width_of)
    for box in sounds:
        add(box, rows.bottom, rows.middle, theme.contact[box.contact])
        if box.is_changed:
            mark = (box.left, rows.bottom, max(box.right - gap, box.left + gap), rows.bottom + _MARK * gap)
            rectangles.setdefault(theme.changed, []).append(mark)
    if rows.top > rows.middle or has_words_alone:
        for box in word_boxes(track.alignment, scale, width_of):
            add(box, rows.bottom if has_words_alone else rows.middle, rows.top, theme.word)
    _fill(rectangles)
    for box, bottom, top in letters:
        _write(box, bottom, top, theme, width_of(box.text))


def _fill(rectangles: dict[_Colour, list[tuple[float, float, float, float]]]) -> None:
    shader = gpu.shader.from_builtin("UNIFORM_COLOR")
    gpu.state.blend_set("ALPHA")
    shader.bind()
    for colour, places in rectangles.items():
        corners = [
            corner
            for left, bottom, right, top in places
            for corner in ((left, bottom), (right, bottom), (right, top), (left, bottom), (right, top), (left, top))
        ]
        shader.uniform_float("color", colour)
        batch_for_shader(shader, "TRIS", {"pos": corners}).draw(shader)
    gpu.state.blend_set("NONE")


def _write(box: Box, bottom: float, top: float, theme: _Theme, width: float) -> None:
    opacity = 1.0 if box.fit >= LEAST_FIT else _DIM
    height = blf.dimensions(_FONT, "X")[1]
    red, green, blue, _opacity = theme.letters
    blf.color(_FONT, red, green, blue, opacity)
    blf.position(_FONT, (box.left + box.right - width) / 2, (bottom + top - height) / 2, 0)
    blf.draw(_FONT, box.text)


@functools.lru_cache(maxsize=8192)
def _width(text: str, size: float) -> float:
    blf.size(_FONT, size)
    return float(blf.dimensions(_FONT, text)[0])
