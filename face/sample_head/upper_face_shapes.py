"""Shapes of brows, cheeks and nose: soft bumps about landmarks of the left side."""

import numpy as np

from .fields import bump, smooth_step, translate
from .skin_cage import SkinCage


def upper_face_shapes(skin: SkinCage) -> dict[str, np.ndarray]:
    """(N, 3) moves of brows, cheeks and nose for the left channels and those without a side."""
    p = skin.points
    left = smooth_step(-7, 7, p[:, 0])
    outside = ~skin.is_bag
    inner = _brow_bump(p, (11, -92, 200), 22)
    middle = _brow_bump(p, (29, -84, 201), 28)
    outer = _brow_bump(p, (46, -72, 199), 30)
    frown = left * np.maximum(inner, middle * 0.6)
    cheek = outside * bump(p, (34, -74, 155), (32, 40, 26)) * left
    inner_up = _brow_bump(p, (12, -92, 200), 22)
    inner_up = np.maximum(inner_up, inner_up[skin.mirror])
    return {
        "browDownLeft": translate(frown, -3.4, -2.4, -10.4) + translate(left * outer * (1 - inner), 0, 0, -2.0),
        "browInnerUp": translate(inner_up, 0, -0.4, 10.5),
        "browOuterUpLeft": translate(left * outer, 0.5, 0.6, 8.6),
        "cheekSquintLeft": translate(cheek, 1.4, -2.6, 4.0),
        "noseSneerLeft": _sneer(skin, left * outside),
        "cheekPuff": _puff(skin),
    }


def _brow_bump(points: np.ndarray, centre: tuple[float, ...], width: float) -> np.ndarray:
    """A bump that reaches far up the forehead and little down the lid."""
    above = bump(points, centre, (width, 40, 38))
    below = bump(points, centre, (width, 40, 19))
    return np.where(points[:, 2] > centre[2], above, below)


def _sneer(skin: SkinCage, left: np.ndarray) -> np.ndarray:
    p = skin.points
    wing = left * bump(p, (13, -98, 142), (15, 24, 17))
    bridge = left * bump(p, (8, -92, 176), (16, 22, 18))
    lip = left * bump(p, (12, -96, 128), (20, 24, 16)) * skin.upper * skin.lip_share
    fold = left * bump(p, (24, -86, 154), (18, 24, 20))
    return (
        translate(wing, 1.6, 0.6, 5.6)
        + translate(bridge, -0.8, -1.8, -2.4)
        + translate(lip, 0.4, 0, 2.6)
        + translate(fold, 0.6, -2.8, 4.4)
    )


def _puff(skin: SkinCage) -> np.ndarray:
    p = skin.points
    folded = np.abs(p[:, :1]) * (1, 0, 0) + p * (0, 1, 1)
    blown = np.where(skin.is_bag, 0.75, 1.0) * bump(folded, (40, -58, 122), (34, 50, 36))
    lips = skin.lip_share * bump(p, (0, -98, 113), (30, 26, 22))
    sideways = translate(blown * np.sign(p[:, 0]), 11.0, 0, 0)
    return sideways + translate(blown, 0, -7.0, 0) + translate(lips, 0, -2.0, 0)
