"""Lips and the inside of the mouth: rings of the cage from the skin over the red of the lips into a dark bag."""

from typing import Final

import numpy as np

from .cage import CORNER, SPOKES, HalfCage, cast, mouth_border

HALF_WIDTH: Final = 25.9
LINE_HEIGHT: Final = 112.0
"""Half the width of the closed mouth and the height of its line in the middle, in millimetres."""

RED_BORDER: Final = 4
CONTACT: Final = 7
"""Numbers of the rings where the red begins and where the lips meet."""

_SKIN_RINGS: Final = (0.30, 0.58, 0.84)
_PROFILE: Final = (
    # share of the lip's height, share of its fullness, millimetres inwards
    (1.0, 0.12, 0.0),
    (0.62, 0.80, 0.0),
    (0.22, 0.86, 0.0),
    (0.0, 0.18, 0.0),
    (0.06, 0.0, 3.2),
    (0.5, 0.0, 4.8),
)
_OVERLAP: Final = 0.28
"""Millimetres by which each lip's contact lies beyond the line, since subdivision draws it back by as much."""

_BAG: Final = (
    # inwards from the contact in the middle, how much further at the sides, half height, share of the lips' width
    (5.5, 13, 17.5, 1.1),
    (20, 18, 22, 1.2),
    (46, 10, 23, 1.25),
    (68, -4, 15, 0.9),
)


def spoke_places() -> np.ndarray:
    """(21,) place of each spoke along the lip: 0 at the midline, 1 at the corner."""
    along = 1 - np.abs(np.arange(SPOKES + 1) - CORNER) / CORNER
    return 0.62 * along + 0.38 * np.sin(np.pi / 2 * along)


def add_mouth(cage: HalfCage) -> np.ndarray:
    """(rings, 21) vertices of lips and bag, ring 0 being the border of the mouth block."""
    border = mouth_border(cage)
    outer = np.array([cage.points[k] for k in border])
    red, upward = _red_border(), _upward()
    skin = [outer + share * (red - outer) for share in _SKIN_RINGS]
    skin = [_on_skin(ring) for ring in skin]
    rings = skin + _lip_rings(red, upward) + _bag_rings()
    numbers = [border]
    for ring in rings:
        ring[[0, -1], 0] = 0
        numbers.append(cage.add(ring))
        cage.stitch(numbers[-2], numbers[-1], closed=False)
    cage.zip_up(numbers[-1])
    return np.stack(numbers)


def lip_line(x: np.ndarray) -> np.ndarray:
    """(N,) height of the closed mouth's line at a distance from the midline."""
    along = np.minimum(np.abs(x) / HALF_WIDTH, 1.2)
    return LINE_HEIGHT - 0.9 * np.sin(np.pi * np.minimum(along, 1)) ** 2 + 3.0 * along**2.4


def _upward() -> np.ndarray:
    return np.sign(CORNER - np.arange(SPOKES + 1)).astype(float)


def _lip_heights(along: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    bow = 6.4 + 0.9 * np.exp(-(((along - 0.24) / 0.13) ** 2)) - 0.7 * np.exp(-((along / 0.1) ** 2))
    upper = bow * (1 - along**2) + 0.7 * along
    lower = 8.2 * (1 - along**2.5) + 0.7 * along
    return upper, lower


def _red_border() -> np.ndarray:
    along = spoke_places()
    upper, lower = _lip_heights(along)
    x = (HALF_WIDTH + 1.6 * along**6) * along
    up = _upward()
    z = lip_line(HALF_WIDTH * along) + np.where(up > 0, upper, -lower) * np.abs(up)
    return _on_skin(np.stack([x, np.full_like(x, -90), z], axis=1))


def _on_skin(points: np.ndarray) -> np.ndarray:
    inward = np.array([0.0, -1.0, 0.0]) + points * (0.35 / 25, 0, 0)
    inward /= np.linalg.norm(inward, axis=1, keepdims=True)
    return cast(points - 45 * inward, inward, 75)


def _lip_rings(red: np.ndarray, upward: np.ndarray) -> list[np.ndarray]:
    along = spoke_places()
    mirror = red[::-1]
    base_y = (red[:, 1] + mirror[:, 1]) / 2 + 0.8
    height = np.abs(red[:, 2] - lip_line(HALF_WIDTH * along))
    fullness = np.where(upward > 0, 2.9, 3.5) * (1 - along**3) + 0.4
    outward = np.stack([along * 0.45, -np.ones_like(along), np.zeros_like(along)], axis=1)
    rings = []
    for rise, out, inwards in _PROFILE:
        x = HALF_WIDTH * along + (red[:, 0] - HALF_WIDTH * along) * rise
        y = red[:, 1] * rise + base_y * (1 - rise)
        tall = np.maximum(height, 3.0) if inwards else height
        overlap = 0 if inwards or rise else _OVERLAP * (1 - along**3)
        z = lip_line(HALF_WIDTH * along) + upward * (rise * tall - overlap)
        ring = np.stack([x, y, z], axis=1)
        rings.append(ring + outward * (out * fullness - inwards)[:, None])
    return rings


def _bag_rings() -> list[np.ndarray]:
    angle = np.linspace(0, np.pi, SPOKES + 1)
    rings = []
    for inwards, bow, half_height, width in _BAG:
        x = HALF_WIDTH * width * np.sin(angle)
        z = LINE_HEIGHT + half_height * np.cos(angle)
        y = -96 + inwards + bow * np.sin(angle) ** 2
        rings.append(np.stack([x, y, z], axis=1))
    return rings
