"""Lids: rings of the cage from the brow and cheek over the eyeball to the lid margin and behind it."""

from typing import Final

import numpy as np

from .cage import CORNER, SPOKES, HalfCage, cast, eye_border, eye_directions
from .sculpture import EYE_CENTRE, EYE_RADIUS, LID_RADIUS

MARGIN: Final = 7
"""Number of the ring that is the outer edge of the lid."""

_SKIN_RINGS: Final = (0.76, 0.56, 0.40, 0.27, 0.16, 0.07, 0.0)
_CREASE: Final = (0.0, 0.7, 1.1, -0.7, 0.2, 0.0, 0.0)
"""Millimetres by which each of these rings stands out above the eye: a fold over a furrow."""

_INNER_RINGS: Final = ((0.01, 0.9), (0.12, 1.0), (0.34, 1.6))
_SOCKET_RADIUS: Final = EYE_RADIUS + 6.0
_SOCKET_LEANS: Final = (0.45, 0.62)
"""How far each ring of the socket leans from the one before towards the back of the eyeball."""

_HALF_WIDTH: Final = 16.9


def lid_margin() -> np.ndarray:
    """(20, 3) unit directions from the eyeball's centre to the edge of the lids, inner corner first."""
    spokes = np.arange(SPOKES)
    turn = np.pi * spokes / CORNER
    x = -np.cos(turn) * _HALF_WIDTH
    across = x / _HALF_WIDTH
    above = 8.5 * np.maximum(1 - np.abs(across) ** 2.3, 0) * (1 - 0.10 * across)
    below = -7.4 * np.maximum(1 - np.abs(across) ** 2.5, 0) * (1 + 0.10 * across)
    z = np.where(np.sin(turn) > 1e-9, above, np.where(np.sin(turn) < -1e-9, below, 0)) - 0.4 + 0.9 * across
    z[0] -= 0.6
    y = -np.sqrt(LID_RADIUS**2 - x**2 - z**2)
    return np.stack([x, y, z], axis=1) / LID_RADIUS


def add_eye(cage: HalfCage) -> np.ndarray:
    """(rings, 20) vertices of the lids, ring 0 being the border of the eye block."""
    border = eye_border(cage)
    outmost = np.array([cage.points[k] for k in border])
    outer = eye_directions(outmost)
    margin = lid_margin()
    centre = np.asarray(EYE_CENTRE)
    inmost = centre + LID_RADIUS * margin
    near_nose = np.maximum(np.cos(np.pi * np.arange(SPOKES) / CORNER), 0) ** 3
    fold = np.maximum(np.sin(np.pi * np.arange(SPOKES) / CORNER), 0) ** 0.7
    rings = []
    for share, crease in zip(_SKIN_RINGS, _CREASE, strict=True):
        direction = _towards(margin, outer, share)
        ring = cast(np.broadcast_to(centre, direction.shape), direction, outermost=False)
        straight = inmost + share * (outmost - inmost)
        rings.append(ring + near_nose[:, None] * (straight - ring) + (crease * fold)[:, None] * direction)
    for share, clearance in _INNER_RINGS:
        direction = _towards(margin, outer, share)
        rings.append(centre + (EYE_RADIUS + clearance) * direction)
    for lean in _SOCKET_LEANS:
        direction = _towards(direction, np.broadcast_to((0.0, 1.0, 0.0), direction.shape), lean)
        rings.append(centre + _SOCKET_RADIUS * direction)
    numbers = [border]
    for ring in rings:
        numbers.append(cage.add(ring))
        cage.stitch(numbers[-2], numbers[-1], closed=True)
    cage.polygons.append(tuple(int(k) for k in reversed(numbers[-1])))
    return np.stack(numbers)


def _towards(start: np.ndarray, end: np.ndarray, share: float) -> np.ndarray:
    direction = start + share * (end - start)
    return direction / np.linalg.norm(direction, axis=1, keepdims=True)
