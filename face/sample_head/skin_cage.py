"""The whole cage of the skin with the data about its vertices that the shape keys need (millimetres)."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from .cage import COLUMNS, CORNER, MOUTH_BLOCK, SPOKES, HalfCage, grid_cage
from .eyes import add_eye
from .fields import diffused, falloff, smooth_step
from .mouth import HALF_WIDTH, add_mouth, lip_line, spoke_places

LIP_RINGS: Final = 10
"""Rings of the mouth from the block's border to the inside of the lips; those behind are the bag."""

_CORNER_SHARE: Final = 0.44
"""Share of the jaw's motion that the corners of the mouth take."""

_NECK_ROWS: Final = 5
"""Rows of the grid that belong to the neck alone; above them it passes into the head."""


@dataclass(frozen=True)
class SkinCage:
    """Both halves of the cage.

    Attributes:
        points: (N, 3) positions.
        polygons: vertex numbers, anticlockwise from outside.
        mirror: (N,) the vertex on the other side; itself on the midline.
        mouth: (rings, 21) vertices of the left half of the mouth.
        eye: (rings, 20) vertices of the left lids.
        rim: (K,) vertices round the neck's lower end, anticlockwise from above.
        upper: (N,) 1 moves with the upper lip, 0 with the lower.
        lip_distance: (N,) how far from the lips in front view; 0 on and in them.
        lip_share: (N,) 1 on the face and the lips, falling to 0 in the depth of the bag.
        jaw: (N,) share of the jaw's opening.
        slide: (N,) share of the jaw's sliding, which drags the upper lip along.
        neck: (N,) share of the neck's motion.
        is_bag: (N,) bool, the inside of the mouth behind the lips.
    """

    points: np.ndarray
    polygons: list[tuple[int, ...]]
    mirror: np.ndarray
    mouth: np.ndarray
    eye: np.ndarray
    rim: np.ndarray
    upper: np.ndarray
    lip_distance: np.ndarray
    lip_share: np.ndarray
    jaw: np.ndarray
    slide: np.ndarray
    neck: np.ndarray
    is_bag: np.ndarray

    def mirrored(self, moves: np.ndarray) -> np.ndarray:
        """The moves (N, 3) of the same shape on the other side of the face."""
        return moves[self.mirror] * (-1, 1, 1)


def build_skin_cage() -> SkinCage:
    """The cage of the skin without ears."""
    half = grid_cage()
    mouth = add_mouth(half)
    eye = add_eye(half)
    points = np.array(half.points)
    upper = _upper_share(points, mouth)
    distance, share = _lip_fields(points, mouth)
    jaw = _jaw_share(half, mouth)
    loose = 0.5 * falloff(distance, 34) * share
    slide = jaw + loose * (0.55 - jaw)
    is_bag = np.zeros(len(points), bool)
    is_bag[mouth[LIP_RINGS:]] = True
    middle = np.abs(points[:, 0]) < 1e-6
    opposite = np.where(middle, np.arange(len(points)), len(points) + np.cumsum(~middle) - 1)
    polygons = half.polygons + [tuple(int(opposite[k]) for k in reversed(p)) for p in half.polygons]
    mirror = np.concatenate([opposite, np.flatnonzero(~middle)])

    def both(values: np.ndarray) -> np.ndarray:
        return np.concatenate([values, values[~middle]])

    return SkinCage(
        np.concatenate([points, points[~middle] * (-1, 1, 1)]),
        polygons,
        mirror,
        mouth,
        eye,
        np.concatenate([half.grid[:, 0], opposite[half.grid[-2:0:-1, 0]]]),
        both(upper),
        both(distance),
        both(share),
        both(jaw),
        both(slide),
        both(_neck_share(half)),
        both(is_bag),
    )


def _upper_share(points: np.ndarray, mouth: np.ndarray) -> np.ndarray:
    x, z = points[:, 0], points[:, 2]
    width = 3 + np.maximum(x - HALF_WIDTH + 4, 0) * 0.7
    upper = smooth_step(-1, 1, (z - lip_line(np.minimum(x, HALF_WIDTH))) / width / 2)
    of_spoke = np.where(np.arange(SPOKES + 1) < CORNER, 1.0, 0.0)
    of_spoke[CORNER] = 0.5
    upper[mouth[3:]] = of_spoke
    return upper


def _lip_fields(points: np.ndarray, mouth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    samples = np.linspace(0, HALF_WIDTH, 24)
    line = np.stack([samples, lip_line(samples)], axis=1)
    distance = np.linalg.norm(points[:, None, [0, 2]] - line, axis=2).min(axis=1)
    distance[mouth[5:]] = 0
    share = smooth_step(-25, -55, points[:, 1])
    share[mouth[:LIP_RINGS]] = 1
    share[mouth[LIP_RINGS:]] = np.array([0.55, 0.15, 0, 0])[:, None]
    return distance, share


def _jaw_share(half: HalfCage, mouth: np.ndarray) -> np.ndarray:
    share = np.zeros(len(half.points))
    free = np.ones(len(share), bool)

    def hold(vertices: np.ndarray, value: float | np.ndarray) -> None:
        vertices = vertices[vertices >= 0]
        share[vertices], free[vertices] = value, False

    _, right, bottom, top = MOUTH_BLOCK
    hold(half.grid[:, top + 2 :].ravel(), 0)
    hold(half.grid[: right + 1, top:].ravel(), 0)
    hold(half.grid[COLUMNS - 8 :].ravel(), 0)
    hold(half.grid[:, :4].ravel(), 0)
    hold(half.grid[: right + 1, bottom - 2 : bottom + 1].ravel(), 1)
    hold(half.grid[right + 1 : right + 4, bottom - 1], 0.95)
    place = spoke_places()
    above = np.arange(SPOKES + 1) <= CORNER
    opening = np.where(above, _CORNER_SHARE * place**4, 1 - (1 - _CORNER_SHARE) * (1 - (1 - place**2.4) ** 0.8))
    hold(mouth[2:LIP_RINGS].ravel(), np.tile(opening, LIP_RINGS - 2))
    for ring, deepest in zip(mouth[LIP_RINGS:], (1.0, 1.0, 0.9, 0.4), strict=True):
        angle = np.linspace(0, np.pi, SPOKES + 1)
        hold(ring, deepest * smooth_step(0.3 * np.pi, 0.66 * np.pi, angle))
    return diffused(half.polygons, share, free, rounds=240)


def _neck_share(half: HalfCage) -> np.ndarray:
    share = np.zeros(len(half.points))
    free = np.zeros(len(share), bool)
    share[half.grid[:, :_NECK_ROWS]] = 1
    free[half.grid[:, _NECK_ROWS : MOUTH_BLOCK[2] - 1]] = True
    return diffused(half.polygons, share, free, rounds=80)
