"""Brows and upper lashes: small solids that follow the skin (millimetres)."""

from typing import Final

import numpy as np

from .cage import cast
from .eyes import lid_margin
from .fields import turned
from .sculpture import EYE_CENTRE, LID_RADIUS
from .tubes import tube

_LINE: Final = ((10.5, 198.0), (19, 200.5), (29, 202.3), (38, 202.2), (46, 199.3), (52.5, 194.6))
_HALF_HEIGHT: Final = (2.3, 3.2, 3.2, 2.7, 1.9, 0.6)
_ALONG: Final = 56
_AROUND: Final = 12
_THICKNESS: Final = 2.9
_TUFTS: Final = 11
_LEAN: Final = 1.6
"""How many tufts of hair a brow has, and by how many tufts each leans from its lower to its upper edge."""

_FURROW: Final = 1.1
"""Millimetres that the furrows between the tufts are deep."""


def build_brow() -> tuple[np.ndarray, list[tuple[int, ...]]]:
    """Vertices (N, 3) and polygons of the left brow."""
    share = np.linspace(0, 1, _ALONG)
    knots = np.linspace(0, 1, len(_LINE))
    x, z = (_smooth(share, knots, np.array(column)) for column in zip(*_LINE, strict=True))
    half = _smooth(share, knots, np.array(_HALF_HEIGHT)) * np.minimum(1, np.sqrt(0.12 + share * 8))
    slope = np.gradient(z) / np.gradient(x)
    normal = np.stack([-slope, np.ones_like(slope)], axis=1) / np.sqrt(1 + slope**2)[:, None]
    turn = np.repeat(2 * np.pi * np.arange(_AROUND) / _AROUND, _ALONG)
    share, x, z, half = (np.tile(values, _AROUND) for values in (share, x, z, half))
    rise, aside = half * np.cos(turn), np.tile(normal, (_AROUND, 1))
    flat = np.column_stack([x + aside[:, 0] * rise, np.zeros_like(x), z + aside[:, 1] * rise])
    origin = flat * (0.4, 0, 1) + (0, -20, -12)
    surface = cast(origin, flat - origin - (0, 90, 0), 130)
    outward = surface - (flat * (0.5, 0, 1) + (0, -30, 0))
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    tuft = np.abs(np.sin(np.pi * (_TUFTS * share - _LEAN * np.cos(turn) / 2))) ** 0.8
    depth = _THICKNESS * np.sin(turn) - _FURROW * (1 - tuft) * (np.sin(turn) > 0)
    rings = surface + outward * (depth * np.minimum(half / 2.5, 1) + 0.2)[:, None]
    points = rings.reshape(_AROUND, _ALONG, 3).swapaxes(0, 1).reshape(-1, 3)
    return points, tube(_ALONG, _AROUND)


def build_lashes() -> tuple[np.ndarray, list[tuple[int, ...]], np.ndarray]:
    """Vertices (N, 3) and polygons of the left upper lashes, and the (N, 3) lid points that carry them."""
    margin = lid_margin()[1:11] * LID_RADIUS + EYE_CENTRE
    spokes = np.linspace(0, 1, len(margin))
    dense = np.linspace(0.02, 1, 24)
    line = np.stack([_smooth(dense, spokes, column) for column in margin.T], axis=1)
    outward = line - EYE_CENTRE
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    length = (0.5 + 1.9 * dense**1.5) * np.minimum(1, (1.04 - dense) * 9)
    tip = outward + np.array([0.0, 0, 0.28]) + np.outer(dense**2, (0.55, 0, 0.1))
    tip /= np.linalg.norm(tip, axis=1, keepdims=True)
    up = np.array([0.0, 0, 1])
    roots_above, roots_below = line + 0.4 * up - 0.5 * outward, line - 0.2 * up - 0.5 * outward
    points = np.stack([roots_above, line + length[:, None] * tip, roots_below], axis=1).reshape(-1, 3)
    return points, tube(len(dense), 3), np.repeat(line, 3, axis=0)


def turned_with_lids(points: np.ndarray, roots: np.ndarray, moves: np.ndarray) -> np.ndarray:
    """The moves (N, 3) of lashes whose roots make these moves: they turn with the lid about the eyeball's centre."""
    before, after = roots - EYE_CENTRE, roots + moves - EYE_CENTRE
    angles = np.arctan2(after[:, 2], -after[:, 1]) - np.arctan2(before[:, 2], -before[:, 1])
    return moves + turned(points - roots, (0.0, 0.0, 0.0), 0, -angles)


def _smooth(places: np.ndarray, knots: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values between knots on a curve without kinks (Catmull-Rom)."""
    slopes = np.gradient(values, knots)
    index = np.clip(np.searchsorted(knots, places, side="right") - 1, 0, len(knots) - 2)
    step = knots[index + 1] - knots[index]
    t = (places - knots[index]) / step
    start = values[index] * (1 + 2 * t) * (1 - t) ** 2 + slopes[index] * step * t * (1 - t) ** 2
    return start + values[index + 1] * t**2 * (3 - 2 * t) - slopes[index + 1] * step * t**2 * (1 - t)
