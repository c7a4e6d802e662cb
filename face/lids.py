"""The lids of a face: how far they stand open, and where they meet."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

_COLUMN: Final = 480
"""So many rays are looked along, one above the other."""
_REACH: Final = 0.3
_DEEP: Final = 0.1
_LARGEST: Final = 0.5
"""Half the height of the column, the depth behind the lids that counts as open, and the widest opening of an eye, in
distances of the eyes."""


@dataclass(frozen=True)
class Lids:
    """The edges of an eye's lids above and below its middle.

    Attributes:
        skin: (T, 3) triangles of the skin around the eye.
        column: (3,) the middle of what a blink moves; it is looked through the eye above and below there.
        eyes: the distance between the middles of the eyes.
        upper: the vertex at the edge of the upper lid.
        lower: the vertex at the edge of the lower lid.
        opening: the height between them at rest.
    """

    skin: np.ndarray
    column: np.ndarray
    eyes: float
    upper: int
    lower: int
    opening: float

    def gap(self, vertices: np.ndarray, moves: np.ndarray) -> float:
        """The height between the lids after some moves; below 0 they overlap.

        Args:
            vertices: (V, 3) at rest.
            moves: (V, 3).
        """
        span = _opening(vertices + moves, self.skin, self.column, self.eyes)
        if span is not None:
            return float(span[1][0] - span[0][0])
        edges = vertices[[self.upper, self.lower], 2] + moves[[self.upper, self.lower], 2]
        return min(float(edges[0] - edges[1]), 0.0)


def find_lids(vertices: np.ndarray, triangles: np.ndarray, blink: np.ndarray, eyes: float) -> Lids | None:
    """Find the edges of an eye's lids by looking through its opening.

    What moves in a blink is the skin; whatever is no connected part of it, such as an eyeball, does not close the eye.

    Args:
        vertices: (V, 3) at rest; the face looks along -y, z is up.
        triangles: (T, 3).
        blink: (V, 3) moves at full closure.
        eyes: the distance between the middles of the eyes.

    Returns:
        The lids; None if there is no opening between skin above and skin below.
    """
    strength = np.linalg.norm(blink, axis=1)
    column = np.average(vertices, axis=0, weights=strength)
    skin = triangles[joined_with(triangles, int(np.argmax(strength)), len(vertices))[triangles[:, 0]]]
    skin = skin[np.abs(vertices[skin] - column).max(axis=(1, 2)) < eyes]
    span = _opening(vertices, skin, column, eyes)
    if span is None:
        return None
    numbers = np.unique(skin)
    lower, upper = (
        int(numbers[np.argmin(np.linalg.norm(vertices[numbers] - (column[0], depth, height), axis=1))])
        for height, depth in span
    )
    return Lids(skin, column, eyes, upper, lower, span[1][0] - span[0][0])


def _opening(
    vertices: np.ndarray, skin: np.ndarray, column: np.ndarray, eyes: float
) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """(height, depth) of the skin just below and just above an eye's opening; None where the eye is closed."""
    heights = column[2] + np.linspace(-_REACH, _REACH, _COLUMN) * eyes
    depths = _first_hits(vertices, skin, float(column[0]), heights)
    is_open = depths > column[1] + _DEEP * eyes
    edges = np.flatnonzero(np.diff(is_open.astype(int)))
    spans = [(a, b + 1) for a, b in pairwise(edges.tolist()) if is_open[a + 1]]
    if not spans:
        return None
    # Below the brows and above the cheeks there is skin: the opening has some on both sides, and is the middle one.
    low, high = min(spans, key=lambda span: abs(span[0] + span[1] - _COLUMN))
    if heights[high] - heights[low] > _LARGEST * eyes:
        return None
    return (float(heights[low]), float(depths[low])), (float(heights[high]), float(depths[high]))


def joined_with(triangles: np.ndarray, start: int, count: int) -> np.ndarray:
    """(V,) whether each of ``count`` vertices is joined with one of them, ``start``, by triangles (T, 3)."""
    label = np.arange(count)
    while True:
        lowest = np.minimum.reduce([label[triangles[:, corner]] for corner in range(3)])
        joined = label.copy()
        for corner in range(3):
            np.minimum.at(joined, triangles[:, corner], lowest)
        joined = joined[joined]
        if np.array_equal(joined, label):
            return np.asarray(label == label[start])
        label = joined


def _first_hits(vertices: np.ndarray, triangles: np.ndarray, x: float, heights: np.ndarray) -> np.ndarray:
    """Where rays along +y at one x and some heights first meet triangles; infinity where they meet none."""
    corners = vertices[triangles]
    spans = corners[:, :, 0].min(axis=1) <= x, corners[:, :, 0].max(axis=1) >= x
    corners = corners[spans[0] & spans[1]]
    first, second, third = corners[:, 0], corners[:, 1], corners[:, 2]
    area = (second[:, 0] - first[:, 0]) * (third[:, 2] - first[:, 2])
    area -= (third[:, 0] - first[:, 0]) * (second[:, 2] - first[:, 2])
    corners, area = corners[area != 0], area[area != 0]
    first, second, third = corners[:, 0], corners[:, 1], corners[:, 2]
    up = heights[:, None] - first[:, 2]
    across = x - first[:, 0]
    b = (across * (third[:, 2] - first[:, 2]) - up * (third[:, 0] - first[:, 0])) / area
    c = (up * (second[:, 0] - first[:, 0]) - across * (second[:, 2] - first[:, 2])) / area
    inside = (b >= 0) & (c >= 0) & (b + c <= 1)
    depth = first[:, 1] + b * (second[:, 1] - first[:, 1]) + c * (third[:, 1] - first[:, 1])
    return np.asarray(np.where(inside, depth, np.inf).min(axis=1, initial=np.inf))
