"""Shapes of lids: they turn about the eyeball's centre, so that they slide over it."""

from typing import Final

import numpy as np

from .cage import CORNER, SPOKES
from .eyes import MARGIN
from .fields import bump, translate, turned
from .sculpture import EYE_CENTRE, LID_RADIUS
from .skin_cage import SkinCage

_RING_SHARES: Final = (0.0, 0.05, 0.18, 0.45, 0.78, 0.96, 1.0, 1.0, 1.0, 1.0, 0.75, 0.2, 0.0)
_MEETING: Final = 0.16
"""Where closed lids meet, as a share of the opening above the lower lid."""

_LID_PRESS: Final = 0.009
"""Radians by which each closed lid passes that line, since subdivision draws it back by as much."""

_CLOSED_LIFT: Final = 0.7
"""Millimetres by which closed lids stand further out, so that half closed ones clear the eyeball too."""

_STRETCH_LIFT: Final = 3.0
"""The same for the skin between lid and brow, which is drawn flat."""

_CUSHION: Final = 1.6
"""Millimetres above the lids within which skin that is pushed about slides instead of sinking in."""

_TURNS: Final = {
    # degrees of the upper and the lower lid; both alike where a closed eye must stay closed
    "eyeWideLeft": (9.0, -3.0),
    "eyeSquintLeft": (-5.0, 11.5),
    "cheekSquintLeft": (0.0, 6.0),
    "browDownLeft": (-4.5, 0.0),
    "eyeLookDownLeft": (-11.0, -11.0),
    "eyeLookUpLeft": (7.0, 7.0),
}


def lid_shapes(skin: SkinCage) -> dict[str, np.ndarray]:
    """(N, 3) moves of the left lids for each of their channels."""
    shapes = {"eyeBlinkLeft": _blink(skin)}
    arch = np.abs(np.sin(np.pi * np.arange(SPOKES) / CORNER)) ** 0.7
    above = np.arange(SPOKES) < CORNER
    for name, (upper, lower) in _TURNS.items():
        shapes[name] = _turn_lids(skin, np.radians(np.where(above, upper, lower)) * arch)
    shapes["eyeSquintLeft"] += translate(bump(skin.points, (34, -84, 164), (24, 30, 13)), 0, -0.6, 1.6)
    for name, sideways in (("eyeLookOutLeft", 0.8), ("eyeLookInLeft", -0.8)):
        centre = (EYE_CENTRE[0] + 4 * sideways, EYE_CENTRE[1] - 18, EYE_CENTRE[2])
        shapes[name] = translate(bump(skin.points, centre, (15, 20, 12)), sideways, 0, 0)
    return shapes


def _blink(skin: SkinCage) -> np.ndarray:
    offset = skin.points[skin.eye[MARGIN]] - np.asarray(EYE_CENTRE)
    height = np.arctan2(offset[:, 2], -offset[:, 1])
    opposite = height[-np.arange(SPOKES) % SPOKES]
    above = np.arange(SPOKES) < CORNER
    upper, lower = np.where(above, height, opposite), np.where(above, opposite, height)
    arch = np.sin(np.pi * np.arange(SPOKES) / CORNER) ** 2
    meeting = lower + _MEETING * (upper - lower) - np.where(above, _LID_PRESS, -_LID_PRESS) * arch
    moves = _turn_lids(skin, meeting - height)
    outward = skin.points[skin.eye] + moves[skin.eye] - np.asarray(EYE_CENTRE)
    outward /= np.linalg.norm(outward, axis=2, keepdims=True)
    shares = np.array(_RING_SHARES)
    lift = (_CLOSED_LIFT * shares**2 + _STRETCH_LIFT * shares * (1 - shares))[:, None] * arch
    moves[skin.eye] += lift[..., None] * outward
    return moves


def _turn_lids(skin: SkinCage, angles: np.ndarray) -> np.ndarray:
    """Moves when the lids turn up by an angle per spoke, less and less towards brow and cheek."""
    moves = np.zeros_like(skin.points)
    for ring, share in zip(skin.eye, _RING_SHARES, strict=True):
        moves[ring] = turned(skin.points[ring], EYE_CENTRE, 0, -share * angles)
    return moves


def kept_off_eyeball(points: np.ndarray, moves: np.ndarray) -> np.ndarray:
    """The moves (N, 3), turned outwards wherever they would press the skin about the left eye into the eyeball."""
    offset = points - np.asarray(EYE_CENTRE)
    moved = offset + moves
    rest, distance = np.linalg.norm(offset, axis=1), np.linalg.norm(moved, axis=1)
    allowed = np.minimum(rest, LID_RADIUS + _CUSHION)
    outwards = np.where((rest > LID_RADIUS - 1.5) & (distance < allowed), allowed / distance - 1, 0)
    return moves + outwards[:, None] * moved
