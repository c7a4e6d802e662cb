"""Measures a face by its shapes: where the lips meet, how wide the mouth is, how far apart lips and lids come."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from .errors import EmoTalkError

_APART: Final = 0.3
"""Two vertices belong to different lips if the jaw parts them by at least this share of its own motion."""
_NEAR: Final = 0.045
_MIDDLE: Final = 0.03
_DEEP: Final = 0.09
"""Reaches around the lips, in distances of the eyes."""


@dataclass(frozen=True)
class FaceMeasures:
    """Landmarks of a face, found by its shapes, and its size.

    Attributes:
        upper_lip: the vertex in the middle of the upper lip where it meets the lower one.
        lower_lip: its counterpart.
        corners: the outermost vertices of the upper lip, left and right, that the jaw parts from the lower one.
        eyes: the distance between the middles of the eyes, the unit of all measures.
    """

    upper_lip: int
    lower_lip: int
    corners: tuple[int, int]
    eyes: float

    def gap(self, moves: np.ndarray) -> float:
        """How much further the lips are apart after some moves than at rest, in distances of the eyes.

        Args:
            moves: (V, 3) of all vertices; z is up.
        """
        return float(moves[self.upper_lip, 2] - moves[self.lower_lip, 2]) / self.eyes

    def width(self, moves: np.ndarray) -> float:
        """How much wider the mouth is after some moves than at rest, in distances of the eyes."""
        left, right = self.corners
        return float(moves[left, 0] - moves[right, 0]) / self.eyes


def measure_face(vertices: np.ndarray, moves: Mapping[str, np.ndarray]) -> FaceMeasures:
    """Find the lips and the size of a face.

    The lips are where vertices that lie close together are parted by the jaw.

    Args:
        vertices: (V, 3) at rest; z is up, the face looks along -y, the actor's left is +x.
        moves: ARKit channel -> (V, 3) what it does at 1; jawOpen and the blinks are needed.

    Raises:
        EmoTalkError: no lips or no lids were found; the sentence says which shape is missing or moves nothing.
    """
    for channel in ("jawOpen", "eyeBlinkLeft", "eyeBlinkRight"):
        if channel not in moves or not np.abs(moves[channel]).max() > 0:
            raise EmoTalkError(f"Lips and lids are found by what moves them, but nothing moves for {channel}")
    x = vertices[:, 0]
    left, right = (_centre(x, moves[f"eyeBlink{side}"]) for side in ("Left", "Right"))
    eyes, middle = left - right, (left + right) / 2
    if not eyes > 0:
        raise EmoTalkError("The left lid lies to the right of the right one; the face must look along -Y")
    drop = -moves["jawOpen"][:, 2]
    furthest = float(drop.max())
    near = np.flatnonzero(np.abs(x - middle) < 0.75 * eyes)
    upper, lower, distance = _close_pairs(vertices, near, drop, _APART * furthest, _NEAR * eyes)
    if not len(upper):
        raise EmoTalkError("No lips were found that jawOpen parts; close the mouth of the face at rest")
    front = (vertices[upper, 1] + vertices[lower, 1]) / 2
    side = (x[upper] + x[lower]) / 2 - middle
    is_lip = front < front.min() + _DEEP * eyes
    central = is_lip & (np.abs(side) < max(_MIDDLE * eyes, 1.01 * float(np.abs(side[is_lip]).min())))
    best = int(np.argmin(np.where(central, distance + front - front.min(), np.inf)))
    level = np.abs(vertices[upper, 2] - vertices[upper[best], 2]) < 2 * _DEEP * eyes
    outer = np.where(is_lip & level, side, 0)
    corners = int(upper[np.argmax(outer)]), int(upper[np.argmin(outer)])
    return FaceMeasures(int(upper[best]), int(lower[best]), corners, eyes)


def _centre(x: np.ndarray, moves: np.ndarray) -> float:
    """Where a shape moves a face, on average, from right to left."""
    return float(np.average(x, weights=np.linalg.norm(moves, axis=1)))


def _close_pairs(
    vertices: np.ndarray, near: np.ndarray, drop: np.ndarray, parted: float, reach: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each vertex with the nearest one that the jaw takes away from it, and their distance, if within reach."""
    lower = near[np.argsort(vertices[near, 0])]
    across = vertices[lower, 0]
    pairs = []
    for vertex in near[drop[near] < drop[near].max() - parted]:
        first, last = np.searchsorted(across, [vertices[vertex, 0] - reach, vertices[vertex, 0] + reach])
        some = lower[first:last]
        some = some[drop[some] - drop[vertex] >= parted]
        if len(some):
            distances = np.linalg.norm(vertices[some] - vertices[vertex], axis=1)
            nearest = int(np.argmin(distances))
            if distances[nearest] <= reach:
                pairs.append((vertex, some[nearest], distances[nearest]))
    found = np.array(pairs, float).reshape(-1, 3)
    return found[:, 0].astype(int), found[:, 1].astype(int), found[:, 2]
