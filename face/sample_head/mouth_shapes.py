"""Shapes of the lips: moves along the lip line with weights of their own for the upper and the lower lip."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..arkit import SEAL_FACTOR
from .cage import CORNER, SPOKES
from .fields import bump, diffused, falloff, smooth_step, translate, turned
from .mouth import CONTACT, HALF_WIDTH, lip_line
from .skin_cage import LIP_RINGS, SkinCage

_BULGE: Final = 99.9
_SWEEP: Final = 13.0
"""How far forward the fullest part of the lips stands at the midline, and how far the corners lie behind it."""

_LIP_HEIGHT: Final = 7.0
_MEETING: Final = (0.25, 0.06, 0.25)
"""Where lips that close over an open jaw meet: 0 where the upper lip is, 1 where the lower one is."""

_MUZZLE_AXIS: Final = (0.0, -44.0, 0.0)


@dataclass(frozen=True)
class _Lips:
    """Weights that the shapes are made of, (N,) each."""

    skin: SkinCage
    left: np.ndarray
    place: np.ndarray
    upper: np.ndarray
    lower: np.ndarray

    def near(self, radius: float) -> np.ndarray:
        """1 on the lips, falling to 0 at a distance from them."""
        distance = np.maximum(self.skin.lip_distance - _LIP_HEIGHT, 0)
        return falloff(distance, radius) * self.skin.lip_share

    @property
    def middle(self) -> np.ndarray:
        """1 at the midline, 0 from the corners on."""
        return np.maximum(1 - self.place**2.2, 0)


def mouth_shapes(skin: SkinCage, jaw_open: np.ndarray) -> dict[str, np.ndarray]:
    """(N, 3) moves of the lips for the left channels and those without a side.

    Args:
        skin: the cage.
        jaw_open: (N, 3) moves of jawOpen, which mouthClose compensates.
    """
    lips = _lips_of(skin)
    return {
        "mouthClose": _close(skin, jaw_open),
        **_corner_shapes(lips),
        **_opening_shapes(lips),
        **_rounding_shapes(lips),
        **_rolling_shapes(lips),
        **_sliding_shapes(lips),
    }


def _lips_of(skin: SkinCage) -> _Lips:
    x = skin.points[:, 0]
    return _Lips(skin, smooth_step(-9, 9, x), np.abs(x) / HALF_WIDTH, skin.upper, 1 - skin.upper)


def _corner_shapes(lips: _Lips) -> dict[str, np.ndarray]:
    p = lips.skin.points
    outside = ~lips.skin.is_bag
    share = lips.near(34) * np.minimum(lips.place, 1.35) ** 1.4 * (p[:, 0] > 0)
    share *= 1 - 0.75 * smooth_step(28, 56, p[:, 0])
    apple = outside * lips.left * bump(p, (38, -68, 142), (26, 34, 26))
    dent = outside * lips.left * bump(p, (30.5, -79, 114), (9, 16, 13))
    fold = outside * lips.left * bump(p, (27, -84, 96), (20, 24, 18))
    return {
        "mouthSmileLeft": translate(share, 7.2, 4.6, 0)
        + translate(share * np.minimum(lips.place, 1.2) ** 0.8, 0, 0, 6.6)
        + translate(apple, 1.8, -2.2, 3.2),
        "mouthFrownLeft": translate(share, 0.6, 1.2, 0)
        + translate(share * lips.place**0.6, 0, 0, -6.0)
        + translate(fold, 0, -1, -1.6),
        "mouthDimpleLeft": translate(share, 2.8, 4.2, 1.6) + translate(dent, -1.0, 4.0, 0),
        "mouthStretchLeft": translate(share, 6.0, 3.4, -2.2),
    }


def _opening_shapes(lips: _Lips) -> dict[str, np.ndarray]:
    arch = lips.left * lips.middle
    upper, lower = arch * lips.upper * lips.near(24), arch * lips.lower * lips.near(26)
    both = lips.middle
    up, down = both * lips.upper * lips.near(24), both * lips.lower * lips.near(26)
    chin = bump(lips.skin.points, (0, -96, 94), (26, 30, 18)) * ~lips.skin.is_bag
    return {
        "mouthUpperUpLeft": translate(upper, 0.3, -0.6, 7.9),
        "mouthLowerDownLeft": translate(lower, 0.3, -0.4, -7.5),
        "mouthShrugUpper": translate(up, 0, -2.2, 5.2),
        "mouthShrugLower": translate(down, 0, -2.6, 5.2) + translate(up, 0, -1.6, 4.4) + translate(chin, 0, -1.0, 2.6),
    }


def _rounding_shapes(lips: _Lips) -> dict[str, np.ndarray]:
    skin = lips.skin
    near = lips.near(30)
    forward = near * np.maximum(1 - (lips.place / 1.5) ** 2, 0)
    opened = near * lips.middle * (lips.upper - lips.lower)
    fuller = lips.near(10) * lips.middle * np.clip(_height(skin) / 8, -1, 1)
    return {
        "mouthPucker": narrowing(skin, 4.7) + translate(forward, 0, -8.0, 0) + translate(fuller, 0, 0, 1.6),
        "mouthFunnel": narrowing(skin, 4.0) + translate(forward, 0, -6.5, 0) + translate(opened, 0, 0, 7.0),
    }


def _rolling_shapes(lips: _Lips) -> dict[str, np.ndarray]:
    near = lips.near(14) * lips.middle
    height = _height(lips.skin)
    behind = lips.skin.points[:, 1] + _BULGE - _SWEEP * np.minimum(lips.place, 1.2) ** 2
    inside = smooth_step(1.5, 8, behind)
    red = falloff(np.abs(height), 13) * (1 - inside)
    backing = falloff(np.abs(height), 13) * (1 - 0.42 * inside)
    upper, lower = near * lips.upper, near * lips.lower
    both = lips.left * near
    thinner = both * np.clip(height / 7, -1, 1) * falloff(np.maximum(np.abs(height) - 4, 0), 14)
    return {
        "mouthRollUpper": translate(upper * red, 0, 4.2, 0)
        + translate(upper * np.clip(height / 8, 0, 1), 0, 0, -4.6)
        + translate(upper - lower, 0, 0, -0.2),
        "mouthRollLower": translate(lower * backing, 0, 4.6, 0)
        + translate(lower * np.clip(-height / 9, 0, 1), 0, 0, 5.4)
        + translate(lower, 0, 0, 1.6)
        + translate(upper, 0, 0, 1.0),
        "mouthPressLeft": translate(thinner, 0, 0, -1.9)
        + translate(both * red, 0, 1.1, 0)
        + translate(both * (lips.upper - lips.lower), 0, 0, -0.27),
    }


def _height(skin: SkinCage) -> np.ndarray:
    """(N,) millimetres above the line of the closed mouth."""
    return skin.points[:, 2] - lip_line(np.minimum(np.abs(skin.points[:, 0]), HALF_WIDTH))


def _sliding_shapes(lips: _Lips) -> dict[str, np.ndarray]:
    near = lips.near(40)
    chin = 1 - 0.5 * smooth_step(100, 84, lips.skin.points[:, 2])
    shapes = {}
    for name, angle in (("mouthLeft", 0.19), ("mouthRight", -0.19)):
        shapes[name] = turned(lips.skin.points, _MUZZLE_AXIS, 2, angle * near * chin)
    return shapes


def narrowing(skin: SkinCage, amount: float) -> np.ndarray:
    """(N, 3) moves that bring each corner of the mouth towards the midline by ``amount`` millimetres."""
    near = _lips_of(skin).near(30)
    return translate(near * np.clip(skin.points[:, 0] / HALF_WIDTH, -1.25, 1.25), -amount, 0, 0)


def _close(skin: SkinCage, jaw_open: np.ndarray) -> np.ndarray:
    """Compensates jawOpen exactly: at SEAL_FACTOR of it the lips meet as they do in the neutral face."""
    contact = skin.mouth[CONTACT]
    above, below = contact[: CORNER + 1], contact[CORNER:][::-1]
    meeting = jaw_open[above] + np.multiply(_MEETING, jaw_open[below] - jaw_open[above])
    meeting = meeting[CORNER - np.abs(np.arange(SPOKES + 1) - CORNER)]
    lips, bag = skin.mouth[3:LIP_RINGS], skin.mouth[LIP_RINGS:]
    answer = np.zeros_like(jaw_open)
    for side, sign in ((lips, 1), (skin.mirror[lips], -1)):
        answer[side] = (meeting * (sign, 1, 1) - jaw_open[side]) / SEAL_FACTOR
    free = (skin.lip_distance < 30) & (skin.lip_share > 0)
    free[lips] = free[skin.mirror[lips]] = False
    free[bag] = free[skin.mirror[bag]] = False
    return diffused(skin.polygons, answer, free, rounds=90)
