"""The head as a solid: one signed distance made of soft ellipsoids and rods (millimetres, face towards -Y)."""

from typing import Final

import numpy as np

from .solids import capsule, carve, ellipsoid, join

EYE_CENTRE: Final = (30.0, -72.0, 174.0)
EYE_RADIUS: Final = 18.0
LID_RADIUS: Final = EYE_RADIUS + 2.0
NECK_CUT: Final = 24.0
"""Height of the plane where the neck ends, and where the finished head has its origin."""


def head_distance(points: np.ndarray) -> np.ndarray:
    """(N,) signed distance to the skin of the left half and its mirror image; negative inside."""
    p = np.array(points, np.float64)
    p[..., 0] = np.sqrt(p[..., 0] ** 2 + 0.5)
    solid = _cranium_and_jaw(p)
    solid = join(solid, _neck(p), 16)
    solid = _eye_region(p, solid)
    solid = _mouth_region(p, solid)
    return _nose(p, solid)


def _cranium_and_jaw(p: np.ndarray) -> np.ndarray:
    solid = ellipsoid(p, (0, 8, 210), (71, 90, 81))
    solid = join(solid, ellipsoid(p, (0, -28, 168), (60, 60, 60)), 24)
    solid = join(solid, ellipsoid(p, (0, -36, 122), (44, 49, 44)), 24)
    solid = join(solid, capsule(p, (36, -10, 121), (14, -78, 93), 12, 11), 24)
    solid = join(solid, ellipsoid(p, (0, -84, 89.5), (15, 14.5, 12.5)), 18)
    solid = join(solid, ellipsoid(p, (37, -9, 136), (14, 25, 26)), 26)
    solid = join(solid, ellipsoid(p, (34, -59, 147), (23, 24, 22)), 18)
    return join(solid, ellipsoid(p, (32, -48, 127), (14, 22, 18)), 20)


def _neck(p: np.ndarray) -> np.ndarray:
    column = capsule(p, (0, 22, -10), (0, 8, 130), 36, 34)
    return join(column, ellipsoid(p, (0, 24, -34), (96, 58, 50)), 52)


def _eye_region(p: np.ndarray, solid: np.ndarray) -> np.ndarray:
    solid = join(solid, capsule(p, (0, -80, 206), (40, -66, 205), 8, 7), 24)
    solid = carve(solid, ellipsoid(p, (30, -101, 178.5), (19, 16, 14)), 20)
    solid = join(solid, capsule(p, (46, -63, 198), (51, -57, 166), 6, 7), 16)
    solid = join(solid, capsule(p, (27, -77, 154), (44, -64, 157), 7, 8), 18)
    return join(solid, ellipsoid(p, EYE_CENTRE, (LID_RADIUS,) * 3), 6)


def _mouth_region(p: np.ndarray, solid: np.ndarray) -> np.ndarray:
    solid = join(solid, ellipsoid(p, (0, -68, 115), (30, 26, 26)), 20)
    groove = capsule(p, (0, -98.5, 130), (0, -99.5, 122), 3.2, 4.2)
    solid = carve(solid, groove, 4)
    fold = capsule(p, (0, -101, 97.5), (13, -97.5, 97), 3.6, 2.6)
    return carve(solid, fold, 9)


def _nose(p: np.ndarray, solid: np.ndarray) -> np.ndarray:
    nose = capsule(p, (0, -83, 182), (0, -98, 154), 4.6, 6.2)
    nose = join(nose, ellipsoid(p, (0, -104.5, 147.5), (8.4, 8.2, 7.4)), 8)
    nose = join(nose, ellipsoid(p, (9.8, -95.5, 144), (5.2, 7.0, 5.4)), 5)
    return join(solid, nose, 9)
