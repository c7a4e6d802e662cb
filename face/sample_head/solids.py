"""Signed distances of simple solids and their soft unions, which the head is modelled from (millimetres)."""

import numpy as np


def ellipsoid(points: np.ndarray, centre: tuple[float, ...], radii: tuple[float, ...]) -> np.ndarray:
    """(N,) distance to an ellipsoid, negative inside; exact on the surface, approximate away from it."""
    share = (points - np.asarray(centre)) / radii
    nearness = _length(share)
    slope = _length(share / radii)
    return nearness * (nearness - 1) / np.maximum(slope, 1e-9)


def capsule(
    points: np.ndarray, start: tuple[float, ...], end: tuple[float, ...], start_radius: float, end_radius: float
) -> np.ndarray:
    """(N,) distance to a rod with round ends whose radius changes from one end to the other."""
    origin, axis = np.asarray(start), np.asarray(end) - np.asarray(start)
    along = np.clip(np.einsum("...k,k->...", points - origin, axis) / (axis @ axis), 0, 1)
    nearest = origin + along[..., None] * axis
    return _length(points - nearest) - (start_radius + along * (end_radius - start_radius))


def join(first: np.ndarray, second: np.ndarray, softness: float) -> np.ndarray:
    """Union whose seam is filled over about ``softness`` millimetres."""
    mix = np.clip(0.5 + 0.5 * (first - second) / softness, 0, 1)
    return first + mix * (second - first) - softness * mix * (1 - mix)


def carve(first: np.ndarray, second: np.ndarray, softness: float) -> np.ndarray:
    """What is left of the first solid when the second is taken away, with a soft edge."""
    return -join(-first, second, softness)


def _length(vectors: np.ndarray) -> np.ndarray:
    return np.sqrt(np.einsum("...k,...k->...", vectors, vectors))
