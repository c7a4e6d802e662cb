"""Smooth weights over the vertices of a cage: falloffs, steps and diffusion."""

import numpy as np

from .subdivision import Polygons


def smooth_step(low: float, high: float, values: np.ndarray) -> np.ndarray:
    """0 below ``low``, 1 above ``high``, without a kink at either; ``low`` may be the larger one."""
    share = np.clip((np.asarray(values) - low) / (high - low), 0, 1)
    return share * share * (3 - 2 * share)


def falloff(distances: np.ndarray, radius: float) -> np.ndarray:
    """1 at distance 0, sinking softly to 0 at the radius."""
    return np.maximum(1 - np.square(distances / radius), 0) ** 2


def bump(points: np.ndarray, centre: tuple[float, ...], radii: tuple[float, ...]) -> np.ndarray:
    """(N,) falloff from a centre, with one radius per axis."""
    return falloff(np.linalg.norm((points - np.asarray(centre)) / radii, axis=1), 1.0)


def diffused(polygons: Polygons, values: np.ndarray, free: np.ndarray, rounds: int) -> np.ndarray:
    """The values with those of ``free`` vertices relaxed to the mean of their neighbours.

    Args:
        polygons: the mesh.
        values: (N,) or (N, K) fixed values, and where to start from.
        free: (N,) bool, which may change.
        rounds: how often; the values spread by about one edge a round.
    """
    pairs = np.array([(a, b) for polygon in polygons for a, b in zip(polygon, (*polygon[1:], polygon[0]), strict=True)])
    pairs = np.unique(np.concatenate([pairs, pairs[:, ::-1]]), axis=0)
    present, starts = np.unique(pairs[:, 0], return_index=True)
    sizes = np.diff(np.append(starts, len(pairs)))
    columns = values.reshape(len(values), -1).astype(float)
    moving = free[present]
    for _ in range(rounds):
        means = np.add.reduceat(columns[pairs[:, 1]], starts) / sizes[:, None]
        columns[present[moving]] = means[moving]
    return columns.reshape(values.shape)


def turned(points: np.ndarray, centre: tuple[float, ...], axis: int, angles: np.ndarray | float) -> np.ndarray:
    """(N, 3) how far points move when each is turned about an axis of the coordinate system.

    Args:
        points: (N, 3).
        centre: a point on the axis.
        axis: 0 turns Y towards Z, 1 turns Z towards X, 2 turns X towards Y.
        angles: radians, one or one per point.
    """
    first, second = (axis + 1) % 3, (axis + 2) % 3
    offset = points - np.asarray(centre)
    cosine, sine = np.cos(angles), np.sin(angles)
    moved = np.zeros_like(points)
    moved[:, first] = (cosine - 1) * offset[:, first] - sine * offset[:, second]
    moved[:, second] = sine * offset[:, first] + (cosine - 1) * offset[:, second]
    return moved


def translate(weights: np.ndarray, x: float, y: float, z: float) -> np.ndarray:
    """(N, 3) one move, weighted per vertex."""
    return np.asarray(weights)[:, None] * np.array([x, y, z])
