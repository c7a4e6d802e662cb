"""Hair as one stylised solid over the scalp (millimetres)."""

import numpy as np

from .cage import cast
from .solids import ellipsoid, join


def build_hair() -> tuple[np.ndarray, list[tuple[int, ...]]]:
    """Vertices (N, 3) and polygons of the hair's cage."""
    around, along = 40, 14
    turn = np.arange(around) / around * 2 * np.pi
    front = np.maximum(np.cos(turn), 0)
    lowest = np.radians(
        np.interp(
            np.abs((turn + np.pi) % (2 * np.pi) - np.pi), [0, 0.7, 1.15, 1.5, 1.9, 3.2], [27, 22, 4, -14, -28, -34]
        )
    )
    origin = np.array([0, 8.0, 205])
    rings = []
    for share in np.linspace(0.02, 1, along):
        elevation = np.pi / 2 + share * (lowest - np.pi / 2)
        direction = np.stack(
            [np.cos(elevation) * np.sin(turn), -np.cos(elevation) * np.cos(turn), np.sin(elevation)], axis=1
        )
        ring = cast(np.broadcast_to(origin, direction.shape), direction, 160, _hair_distance)
        inset = 1 - 0.075 * max(share - 0.9, 0) / 0.1
        rings.append(origin + (ring - origin) * inset)
    rings.append(origin + (rings[-1] - origin) * 0.9)
    points = np.concatenate([rings[0].mean(axis=0, keepdims=True), *rings])
    polygons: list[tuple[int, ...]] = [(0, 1 + k, 1 + (k + 1) % around) for k in range(around)]
    for ring in range(len(rings) - 1):
        for k in range(around):
            a, b = 1 + ring * around + k, 1 + ring * around + (k + 1) % around
            polygons.append((a, a + around, b + around, b))
    return points, polygons


def _hair_distance(points: np.ndarray) -> np.ndarray:
    solid = ellipsoid(points, (0, 12, 222), (82, 98, 90))
    return join(solid, ellipsoid(points, (0, -50, 270), (52, 44, 32)), 30)
