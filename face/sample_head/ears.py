"""Ears: a shell with a rolled rim and a hollow, islands of the skin mesh (millimetres)."""

from typing import Final

import numpy as np

_CENTRE: Final = (67.5, 10.0, 168.0)
_TILT: Final = np.radians(12)
_FLARE: Final = np.radians(15)
_TRAGUS: Final = 3.4
_AROUND: Final = 18
_RINGS: Final = (
    # size, millimetres outwards: the hollow, the inner fold, a furrow, the rolled rim, the back, the root
    (0.10, -4.2),
    (0.26, -4.0),
    (0.42, -2.6),
    (0.53, 1.6),
    (0.63, 4.2),
    (0.74, 2.4),
    (0.85, 3.2),
    (0.95, 7.4),
    (1.03, 7.6),
    (1.06, 4.6),
    (0.98, 1.0),
    (0.80, -2.0),
    (0.56, -7.0),
    (0.48, -15.0),
)


def build_ear() -> tuple[np.ndarray, list[tuple[int, ...]]]:
    """Vertices (N, 3) and polygons of the left ear's cage; its root stands inside the head."""
    turn = np.arange(_AROUND) / _AROUND * 2 * np.pi
    back, up = np.sin(turn), np.cos(turn)
    outline = np.stack([back * (14.0 + 2.8 * up - 1.2 * up**2) + 1.5 * up, up * 26 + 1.0 * back], axis=1)
    rings = []
    front = np.exp(-(((turn - 1.5 * np.pi + 0.1) / 0.5) ** 2))
    lobe = np.maximum(-up - 0.55, 0) / 0.45
    for size, out in _RINGS:
        flat = np.clip(1 - 0.8 * front - 0.9 * lobe * (size < 0.9), 0, 1) if size > 0.45 else 1 - 0.9 * lobe
        lift = out * flat + 2.2 * lobe * (0.4 < size < 1) + _TRAGUS * front * (0.4 < size < 0.6)
        local = outline * size
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
