"""Two rows of teeth in their gums on an arch (millimetres)."""

from typing import Final

import numpy as np

from .jaw_shapes import jaw_shapes
from .mouth import LINE_HEIGHT
from .tubes import tube

FRONT: Final = -90.6
"""Y of the upper front teeth's faces."""

_WIDTHS: Final = (8.2, 6.6, 7.2, 6.6, 6.4, 8.0, 7.6)
_STEPS: Final = 6
_PROFILE_UPPER: Final = (
    # inwards from the face, up from the edge; the last ones are gum
    (6.0, 14.0),
    (5.4, 8.0),
    (4.2, 3.0),
    (2.4, 0.4),
    (1.2, 0.0),
    (0.35, 0.7),
    (0.0, 3.0),
    (0.3, 7.6),
    (0.5, 9.0),
    (-0.1, 9.6),
    (0.6, 14.0),
    (2.0, 17.0),
)
_GUM_FROM: Final = 8
_SHORTER_UPPER: Final = (0, 1, 2, 3, 6), (0.0, 0.5, 0.2, 0.7, 1.4)
_SHORTER_LOWER: Final = (0, 1, 2, 3, 4, 6), (0.0, 0.3, 0.8, 1.7, 3.0, 5.5)
"""Tooth numbers from the middle, and how much shorter than the front ones they are: as the jaw opens round its hinge,
the lower back teeth come up beside the tongue, where no cheek hides them."""

_SHADED_FROM_UPPER: Final = (3, 4)
_SHADED_FROM_LOWER: Final = (2, 3)
"""Tooth numbers from which enamel lies in half and in full shade, in renderers without shadows too."""

GUM_KIND: Final = 1

UPPER_EDGE: Final = LINE_HEIGHT - 2.2
_LOWER_EDGE: Final = LINE_HEIGHT - 5.2
_HALF_SPAN: Final = 23.6
_DEPTH: Final = 46.0


def build_teeth(lower: bool) -> tuple[np.ndarray, list[tuple[int, ...]], np.ndarray]:
    """Vertices (N, 3), polygons and material numbers of one row: 0, 2, 3 enamel, 1 gum."""
    arch, outward, place = _arch(0.93 if lower else 1.0)
    edge = _LOWER_EDGE if lower else UPPER_EDGE
    sign = -1 if lower else 1
    shrink = 0.8 if lower else 1.0
    off_groove = np.minimum(place % 1, 1 - place % 1) * 2
    groove = np.clip(off_groove / 0.34, 0, 1) ** 0.5
    away = np.abs(place)
    shorter = np.interp(away, *_SHORTER_LOWER) if lower else np.interp(np.floor(away), *_SHORTER_UPPER)
    setback = 3.2 if lower else 0.0
    rings = []
    for index, (inwards, rise) in enumerate(_PROFILE_UPPER):
        is_tooth = index < _GUM_FROM
        cut = (1 - groove) * 0.6 * is_tooth * (rise < 8)
        bite = (shorter + (1 - groove) * 0.35) * np.clip(1 - rise / 7, 0, 1) * is_tooth
        base = arch - outward * (inwards + setback + cut)[:, None]
        rings.append(np.column_stack([base, edge + sign * (rise * shrink + bite)]))
    points = np.stack(rings, axis=1).reshape(-1, 3)
    polygons = tube(len(arch), len(rings))
    if not lower:
        polygons = [polygon[::-1] for polygon in polygons]
    band = np.arange(len(rings))
    is_gum = (band == 0) | (band >= _GUM_FROM)
    middle = (np.abs(place[:-1]) + np.abs(place[1:])) / 2
    enamel = np.array([0, 2, 3])[np.searchsorted(_SHADED_FROM_LOWER if lower else _SHADED_FROM_UPPER, middle)]
    kinds = np.where(is_gum, GUM_KIND, enamel[:, None]).ravel()
    return points, polygons, np.append(kinds, [GUM_KIND, GUM_KIND])


def lower_teeth_shapes(points: np.ndarray) -> dict[str, np.ndarray]:
    """(N, 3) moves of the lower row: it goes wherever the jaw goes."""
    whole = np.ones(len(points))
    return jaw_shapes(points, whole, whole)


def _arch(scale: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Front curve (K, 2) in X and Y, its outward normals and the running tooth number of each point."""
    borders = np.concatenate([[0], np.cumsum(_WIDTHS)])
    place = np.linspace(-len(_WIDTHS), len(_WIDTHS), 2 * len(_WIDTHS) * _STEPS + 1)
    length = np.sign(place) * np.interp(np.abs(place), np.arange(len(borders)), borders)
    angle = np.linspace(-np.pi / 2, np.pi / 2, 2001)
    curve = np.stack([np.sin(angle) * _HALF_SPAN * scale, FRONT + _DEPTH * (1 - np.cos(angle) ** 0.8)], axis=1)
    run = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))])
    run -= run[len(run) // 2]
    limited = np.clip(length * scale, run[40], run[-40])
    arch = np.stack([np.interp(limited, run, column) for column in curve.T], axis=1)
    tangent = np.gradient(arch, axis=0)
    normal = np.stack([tangent[:, 1], -tangent[:, 0]], axis=1)
    return arch, normal / np.linalg.norm(normal, axis=1, keepdims=True), place
