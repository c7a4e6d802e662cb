"""Nostrils: two dark drops on the underside of the nose that follow its skin (millimetres)."""

from typing import Final

import numpy as np

from .cage import cast

_INSIDE: Final = (3.6, -98.0, 146.0)
_AXIS: Final = (2.3, -3.0, -7.6)
_FORWARDS: Final = (-0.40, -0.90, 0.0)
_LENGTH: Final = 0.50
_WIDTH: Final = 0.28
"""Half the size of a nostril as seen from inside the nose: tangents of its angles."""

_AROUND: Final = 16
_RINGS: Final = ((1.0, -0.5), (0.9, 0.8), (0.5, 1.0), (0.12, 1.0))
"""Size, and millimetres above the skin; the outermost stands in it."""


def build_nostril() -> tuple[np.ndarray, list[tuple[int, ...]]]:
    """Vertices (N, 3) and polygons of the left nostril."""
    axis = _unit(np.array(_AXIS))
    forwards = _unit(np.array(_FORWARDS) - axis * (axis @ _FORWARDS))
    sideways = np.cross(axis, forwards)
    turn = np.arange(_AROUND) / _AROUND * 2 * np.pi
    origins = np.broadcast_to(_INSIDE, (_AROUND, 3))
    rings = []
    for size, lift in _RINGS:
        taper = 1 - 0.3 * np.cos(turn)
        direction = axis + size * (
            np.outer(_LENGTH * np.cos(turn), forwards) + np.outer(_WIDTH * taper * np.sin(turn), sideways)
        )
        surface = cast(origins, direction, outermost=False)
        rings.append(surface + lift * direction / np.linalg.norm(direction, axis=1, keepdims=True))
    polygons: list[tuple[int, ...]] = [
        (r * _AROUND + k, r * _AROUND + (k + 1) % _AROUND, (r + 1) * _AROUND + (k + 1) % _AROUND, (r + 1) * _AROUND + k)
        for r in range(len(_RINGS) - 1)
        for k in range(_AROUND)
    ]
    last = (len(_RINGS) - 1) * _AROUND
    polygons.append(tuple(range(last, last + _AROUND)))
    return np.concatenate(rings), polygons


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)
