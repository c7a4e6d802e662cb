"""Eyeballs with iris and pupil, and their gaze (millimetres)."""

from typing import Final

import numpy as np

from .fields import turned
from .sculpture import EYE_CENTRE, EYE_RADIUS

GAZE: Final = np.radians(28)
_AROUND: Final = 32
_RINGS: Final = (
    # degrees from the optical axis, share of the radius, material of the band that ends here
    (7.0, 0.965, 2),
    (13.0, 0.967, 2),
    (18.0, 0.970, 5),
    (22.5, 0.974, 6),
    (27.0, 0.979, 1),
    (30.5, 0.986, 3),
    (32.5, 0.997, 7),
    (36.0, 1.0, 0),
    (48.0, 1.0, 0),
    (62.0, 1.0, 0),
    (78.0, 1.0, 0),
    (96.0, 1.0, 0),
    (118.0, 1.0, 0),
    (142.0, 1.0, 0),
    (164.0, 1.0, 0),
)
_GLINT: Final = (13.0, 12.0, 4.2)
"""The painted catch-light: degrees above and beside the optical axis, and its angular radius."""

_GLINT_SHARE: Final = 0.992
MATERIALS: Final = ("sclera", "iris", "pupil", "limbus", "glint", "iris light", "iris middle", "iris edge")


def build_eyeball(glint_side: int) -> tuple[np.ndarray, list[tuple[int, ...]], np.ndarray]:
    """Vertices (N, 3) of the left eyeball, polygons, and numbers into ``MATERIALS``.

    Args:
        glint_side: 1 puts the catch-light to the actor's left, -1 to the right.
    """
    turn = np.arange(_AROUND) / _AROUND * 2 * np.pi
    rings = []
    for degrees, share, _ in _RINGS:
        angle = np.radians(degrees)
        radius = share * EYE_RADIUS
        rings.append(
            np.column_stack(
                [
                    radius * np.sin(angle) * np.cos(turn),
                    np.full(_AROUND, -radius * np.cos(angle)),
                    radius * np.sin(angle) * np.sin(turn),
                ]
            )
        )
    poles = np.array([[0, -0.963 * EYE_RADIUS, 0], [0, EYE_RADIUS, 0]])
    points = np.concatenate([*rings, poles])
    front, back = len(points) - 2, len(points) - 1
    polygons: list[tuple[int, ...]] = [(front, k, (k + 1) % _AROUND) for k in range(_AROUND)]
    materials = [_RINGS[0][2]] * _AROUND
    for ring in range(len(_RINGS) - 1):
        for k in range(_AROUND):
            a, b = ring * _AROUND + k, ring * _AROUND + (k + 1) % _AROUND
            polygons.append((a, a + _AROUND, b + _AROUND, b))
            materials.append(_RINGS[ring + 1][2])
    last = (len(_RINGS) - 1) * _AROUND
    polygons += [(back, last + (k + 1) % _AROUND, last + k) for k in range(_AROUND)]
    materials += [0] * _AROUND
    polygons.append(tuple(range(len(points), len(points) + _AROUND)))
    materials.append(MATERIALS.index("glint"))
    return np.concatenate([points, _glint(turn, glint_side)]) + EYE_CENTRE, polygons, np.array(materials)


def _glint(turn: np.ndarray, side: int) -> np.ndarray:
    up, beside, size = np.radians(_GLINT)
    x = np.sin(side * beside + size * np.cos(turn))
    z = np.sin(up + size * np.sin(turn))
    return _GLINT_SHARE * EYE_RADIUS * np.stack([x, -np.sqrt(1 - x**2 - z**2), z], axis=1)


def gaze_shapes(points: np.ndarray) -> dict[str, np.ndarray]:
    """(N, 3) moves of the left eyeball for its four channels."""
    return {
        "eyeLookUpLeft": turned(points, EYE_CENTRE, 0, -GAZE * 0.85),
        "eyeLookDownLeft": turned(points, EYE_CENTRE, 0, GAZE * 0.85),
        "eyeLookOutLeft": turned(points, EYE_CENTRE, 2, GAZE),
        "eyeLookInLeft": turned(points, EYE_CENTRE, 2, -GAZE),
    }
