"""The 68 landmarks of the built-in head (millimetres)."""

from functools import cache
from typing import Final

import numpy as np

from ..landmarks import COUNT
from .cage import CORNER
from .eyes import MARGIN
from .mouth import CONTACT, RED_BORDER
from .skin_cage import SkinCage, build_skin_cage

_OUTLINE: Final = (
    # the left half from the chin up
    (0, -96, 88),
    (21, -84, 88),
    (36, -66, 94),
    (48, -48, 102),
    (57, -28, 112),
    (62, -14, 124),
    (64, -8, 138),
    (65, -6, 152),
    (66, -4, 168),
)
_BROW: Final = ((17, -93, 199), (28, -88, 202), (38, -82, 202), (46, -76, 199), (52, -70, 195))
_BRIDGE: Final = ((0, -94, 176), (0, -100, 167), (0, -106, 158), (0, -113, 148))
_NOSE_BASE: Final = ((0, -104, 139), (8.5, -100, 140), (15, -94, 142))
_OUTER_LIP: Final = (0.0, 0.24, 0.72, 1.0)
_INNER_LIP: Final = (0.0, 0.5)
_LID: Final = (0.33, 0.70)
"""How far from the middle to the corner of the mouth, or from the inner to the outer corner of the eye."""


@cache
def sample_landmarks() -> np.ndarray:
    """(68,) vertex numbers of the built-in head's skin in the iBUG order."""
    cage = build_skin_cage()
    numbers = np.full(COUNT, -1)
    numbers[8:17] = _nearest(cage, _OUTLINE)
    numbers[22:27] = _nearest(cage, _BROW)
    numbers[27:31] = _nearest(cage, _BRIDGE)
    numbers[33:36] = _nearest(cage, _NOSE_BASE)
    numbers[42:48] = _eye(cage)
    outer, inner = cage.mouth[RED_BORDER], cage.mouth[CONTACT]
    numbers[[51, 52, 53]] = _along(cage, outer[:CORNER], 0, outer[CORNER], _OUTER_LIP[:3])
    numbers[[57, 56, 55]] = _along(cage, outer[:CORNER:-1], 0, outer[CORNER], _OUTER_LIP[:3])
    numbers[54] = outer[CORNER]
    numbers[[62, 63]] = _along(cage, inner[:CORNER], 0, inner[CORNER], _INNER_LIP)
    numbers[[66, 65]] = _along(cage, inner[:CORNER:-1], 0, inner[CORNER], _INNER_LIP)
    numbers[64] = inner[CORNER]
    for left, right in _PAIRS:
        numbers[right] = cage.mirror[numbers[left]]
    return numbers


_PAIRS: Final = (
    *((16 - k, k) for k in range(8)),
    *((22 + k, 21 - k) for k in range(5)),
    (34, 32),
    (35, 31),
    *zip((42, 43, 44, 45, 46, 47), (39, 38, 37, 36, 41, 40), strict=True),
    *zip((52, 53, 54, 55, 56), (50, 49, 48, 59, 58), strict=True),
    *zip((63, 64, 65), (61, 60, 67), strict=True),
)


def _nearest(cage: SkinCage, places: tuple[tuple[float, float, float], ...]) -> np.ndarray:
    """The vertices of the left half next to some places; those on the midline stay on it."""
    wanted = np.asarray(places)
    left = np.flatnonzero((cage.points[:, 0] >= 0) & ~cage.is_bag)
    apart = np.linalg.norm(cage.points[left][:, None] - wanted, axis=2)
    apart += 1e3 * ((wanted[:, 0] == 0) & (cage.points[left][:, None, 0] > 1e-6))
    return left[apart.argmin(axis=0)]


def _eye(cage: SkinCage) -> list[int]:
    margin = cage.eye[MARGIN]
    above, below = margin[: CORNER + 1], np.append(margin[:CORNER:-1], margin[CORNER])
    inner, outer = margin[0], margin[CORNER]
    upper = _along(cage, above[1:-1], inner, outer, _LID)
    lower = _along(cage, below[:-1], inner, outer, _LID[::-1])
    return [int(inner), *map(int, upper), int(outer), *map(int, lower)]


def _along(cage: SkinCage, line: np.ndarray, start: int, end: int, shares: tuple[float, ...]) -> np.ndarray:
    """The vertices of a line at these shares of the way across from one vertex (0: the midline) to another."""
    across = cage.points[line, 0]
    first = cage.points[start, 0] if start else 0.0
    wanted = first + np.asarray(shares) * (cage.points[end, 0] - first)
    return line[np.abs(across[:, None] - wanted).argmin(axis=0)]
