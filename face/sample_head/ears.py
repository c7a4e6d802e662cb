"""Ears: a shell with a rolled rim and a hollow, islands of the skin mesh (millimetres)."""

from typing import Final

import numpy as np

_CENTRE: Final = (66.0, 10.0, 168.0)
_TILT: Final = np.radians(12)
_FLARE: Final = np.radians(15)
_AROUND: Final = 20
_RINGS: Final = (
    # size, millimetres outwards
    (0.12, 0.0),
    (0.30, -1.2),
    (0.50, 0.4),
    (0.62, 4.4),
    (0.74, 3.4),
    (0.86, 5.2),
    (0.97, 8.2),
    (1.05, 6.6),
    (1.02, 2.0),
    (0.86, -1.0),
    (0.60, -6.0),
    (0.50, -14.0),
)


def build_ear() -> tuple[np.ndarray, list[tuple[int, ...]]]:
    """Vertices (N, 3) and polygons of the left ear's cage; its root stands inside the head."""
    turn = np.arange(_AROUND) / _AROUND * 2 * np.pi
    back, up = np.sin(turn), np.cos(turn)
    outline = np.stack([back * (14.8 + 2.4 * up) + 1.5 * up, up * 28 + 1.0 * back], axis=1)
    rings = []
    for size, out in _RINGS:
        hollow = np.where(size < 0.7, 1 - 0.25 * np.maximum(-up, 0), 1)
        local = outline * (size * hollow)[:, None]
        front = np.exp(-(((turn - 1.5 * np.pi + 0.15) / 0.55) ** 2))
        lift = out * (1 - 0.75 * front * (out > 1)) * np.where(up < -0.7, 0.75, 1)
        rings.append(np.column_stack([lift, local[:, 0], local[:, 1]]))
    points = np.concatenate([*rings, rings[0].mean(axis=0, keepdims=True)])
    polygons: list[tuple[int, ...]] = []
    for ring in range(len(_RINGS) - 1):
        for k in range(_AROUND):
            a, b = ring * _AROUND + k, ring * _AROUND + (k + 1) % _AROUND
            polygons.append((a, a + _AROUND, b + _AROUND, b))
    middle = len(points) - 1
    polygons += [(middle, k, (k + 1) % _AROUND) for k in range(_AROUND)]
    root = (len(_RINGS) - 1) * _AROUND
    polygons.append(tuple(range(root + _AROUND - 1, root - 1, -1)))
    return _placed(points), polygons


def _placed(points: np.ndarray) -> np.ndarray:
    x, y, z = points.T
    y, z = y * np.cos(_TILT) + z * np.sin(_TILT), z * np.cos(_TILT) - y * np.sin(_TILT)
    x, y = x * np.cos(_FLARE) + (y + 12) * np.sin(_FLARE), (y + 12) * np.cos(_FLARE) - 12 - x * np.sin(_FLARE)
    return np.stack([x, y, z], axis=1) + _CENTRE
