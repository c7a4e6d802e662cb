"""Measures a face by its shapes: where the lips meet, how wide the mouth is, how far apart lips and lids come."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from .errors import EmoTalkError
from .lids import Lids, find_lids
from .played_face import PlayedFace

_APART: Final = 0.3
"""Two vertices belong to different lips if the jaw parts them by at least this share of its own motion."""
_NEAR: Final = 0.045
_MIDDLE: Final = 0.03
_DEEP: Final = 0.09
"""Reaches around the lips, in distances of the eyes."""
_EYES_PER_MOUTH: Final = 1.38
"""The distance of the eyes by the width between the corners of the inner lips, on ICT-FaceKit."""
_NOTHING_MOVES: Final = "Lips and lids are found by what moves them, but nothing moves for"
_MARK: Final = (
    "mark the inner edges of the lips: select them in Edit Mode, one lip at a time, and press Upper Lip and Lower Lip"
)


@dataclass(frozen=True)
class FaceMeasures:
    """Landmarks of a face, found by its shapes, and its size.

    Attributes:
        upper_lip: the vertex in the middle of the upper lip where it meets the lower one.
        lower_lip: its counterpart.
        corners: the outermost vertices of the upper lip, left and right, that the jaw parts from the lower one.
        eyes: the distance between the middles of the eyes, the unit of all measures.
        lids: of the left and of the right eye; None where they cannot be measured.
    """

    upper_lip: int
    lower_lip: int
    corners: tuple[int, int]
    eyes: float
    lids: tuple[Lids | None, Lids | None] = (None, None)

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


def measure_face(face: PlayedFace) -> FaceMeasures:
    """Find the lips, the lids and the size of a face.

    The lips are those that are marked, else where vertices that lie close together are parted by the jaw.

    Args:
        face: looks along -y, the actor's left is +x. ``jawOpen`` and the blinks are needed where no lips are marked.

    Raises:
        EmoTalkError: no lips or no lids were found; the sentence says which shape is missing, or asks to mark the lips.
    """
    x, blinks = face.vertices[:, 0], [face.moved_by(f"eyeBlink{side}") for side in ("Left", "Right")]
    left, right = (None if blink is None else _centre(x, blink) for blink in blinks)
    has_marks = len(face.upper_lip) > 0 and len(face.lower_lip) > 0
    if left is None or right is None:
        if not has_marks:
            side = "Left" if left is None else "Right"
            raise EmoTalkError(
                f"Lips and lids are found by what moves them, but nothing moves for eyeBlink{side}; {_MARK}"
            )
        eyes = _EYES_PER_MOUTH * float(np.ptp(x[face.upper_lip]))
    else:
        eyes = left - right
        if not eyes > 0:
            raise EmoTalkError("The left lid lies to the right of the right one; the face must look along -Y")
    if has_marks:
        upper, lower, corners = _marked_lips(face)
    elif face.moved_by("jawOpen") is None:
        raise EmoTalkError(f"{_NOTHING_MOVES} jawOpen; {_MARK}")
    else:
        middle = (left + right) / 2 if left is not None and right is not None else 0.0
        upper, lower, corners = _found_lips(face, middle, eyes)
    lids = [None if blink is None else find_lids(face.vertices, face.triangles, blink, eyes) for blink in blinks]
    return FaceMeasures(upper, lower, corners, eyes, (lids[0], lids[1]))


def _marked_lips(face: PlayedFace) -> tuple[int, int, tuple[int, int]]:
    """The middles and the corners of marked lips. Raises EmoTalkError if the marks are no line across the mouth."""
    x = face.vertices[:, 0]
    ends = int(face.upper_lip[np.argmax(x[face.upper_lip])]), int(face.upper_lip[np.argmin(x[face.upper_lip])])
    if not x[ends[0]] > x[ends[1]]:
        raise EmoTalkError(f"The marked upper lip is one point; {_MARK}")
    middle = (x[ends[0]] + x[ends[1]]) / 2
    upper = int(face.upper_lip[np.argmin(np.abs(x[face.upper_lip] - middle))])
    lower = int(face.lower_lip[np.argmin(np.abs(x[face.lower_lip] - x[upper]))])
    return upper, lower, ends


def _found_lips(face: PlayedFace, middle: float, eyes: float) -> tuple[int, int, tuple[int, int]]:
    """The middles and the corners of the lips that the jaw parts. Raises EmoTalkError if it parts none."""
    vertices, x = face.vertices, face.vertices[:, 0]
    drop = -face.moves["jawOpen"][:, 2]
    furthest = float(drop.max())
    near = np.flatnonzero(np.abs(x - middle) < 0.75 * eyes)
    upper, lower, distance = _close_pairs(vertices, near, drop, _APART * furthest, _NEAR * eyes)
    if not len(upper):
        raise EmoTalkError(f"No lips were found that jawOpen parts; close the mouth of the face at rest, or {_MARK}")
    front = (vertices[upper, 1] + vertices[lower, 1]) / 2
    side = (x[upper] + x[lower]) / 2 - middle
    is_lip = front < front.min() + _DEEP * eyes
    central = is_lip & (np.abs(side) < max(_MIDDLE * eyes, 1.01 * float(np.abs(side[is_lip]).min())))
    best = int(np.argmin(np.where(central, distance + front - front.min(), np.inf)))
    level = np.abs(vertices[upper, 2] - vertices[upper[best], 2]) < 2 * _DEEP * eyes
    outer = np.where(is_lip & level, side, 0)
    corners = int(upper[np.argmax(outer)]), int(upper[np.argmin(outer)])
    return int(upper[best]), int(lower[best]), corners


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
    for vertex in near[drop[near] < drop[near].max(initial=0) - parted]:
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
