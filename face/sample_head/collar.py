"""The collar of a pullover round the end of the neck (millimetres)."""

from typing import Final

import numpy as np

from .cage import cast

_AROUND: Final = 56
_PROFILE: Final = (
    # height, millimetres off the skin: up inside, over the fold, down outside
    (30, -1.5),
    (40, 0.6),
    (47, 1.4),
    (50.5, 3.0),
    (50.5, 5.6),
    (47, 7.6),
    (40, 8.2),
    (34, 7.6),
    (30, 6.2),
    (27.5, 7.4),
    (25, 8.6),
    (23.99, 8.0),
    (23.99, -1.5),
)
_DIP: Final = 7.0
"""Millimetres by which the collar hangs lower in front than at the nape."""


def build_collar() -> tuple[np.ndarray, list[tuple[int, ...]]]:
    """Vertices (N, 3) and polygons of a closed band."""
    turn = np.tile(np.arange(_AROUND) / _AROUND * 2 * np.pi, len(_PROFILE))
    outward = np.stack([np.sin(turn), -np.cos(turn), np.zeros_like(turn)], axis=1)
    height, off = np.repeat(np.array(_PROFILE), _AROUND, axis=0).T
    z = height - _DIP * np.cos(turn) * np.clip((height - 24) / 26, 0, 1)
    axis = np.stack([np.zeros_like(z), np.full_like(z, 20.0), z], axis=1)
    points = cast(axis, outward, 120) + off[:, None] * outward
    count = len(_PROFILE)
    polygons: list[tuple[int, ...]] = [
        (r * _AROUND + k, s * _AROUND + k, s * _AROUND + (k + 1) % _AROUND, r * _AROUND + (k + 1) % _AROUND)
        for r, s in zip(range(count), [*range(1, count), 0], strict=True)
        for k in range(_AROUND)
    ]
    return points, polygons
