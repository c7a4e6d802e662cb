"""The head as a solid: one signed distance made of soft ellipsoids and rods (millimetres, face towards -Y)."""

from typing import Final

import numpy as np

from .solids import capsule, carve, ellipsoid, join

EYE_CENTRE: Final = (31.5, -73.5, 181.0)
EYE_RADIUS: Final = 16.5
LID_RADIUS: Final = EYE_RADIUS + 2.0


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
    solid = ellipsoid(p, (0, 8, 217), (74, 92, 86))
    solid = join(solid, ellipsoid(p, (0, -26, 172), (63, 60, 60)), 24)
    solid = join(solid, ellipsoid(p, (0, -36, 120), (44, 50, 40)), 26)
    solid = join(solid, ellipsoid(p, (0, -80, 90), (13, 12, 12)), 20)
    solid = join(solid, ellipsoid(p, (36, -8, 132), (14, 24, 24)), 26)
    return join(solid, ellipsoid(p, (33, -60, 150), (25, 24, 20)), 20)


def _neck(p: np.ndarray) -> np.ndarray:
    column = capsule(p, (0, 26, -10), (0, 20, 140), 42, 40)
    return join(column, ellipsoid(p, (0, 24, -40), (88, 58, 50)), 50)


def _eye_region(p: np.ndarray, solid: np.ndarray) -> np.ndarray:
    solid = join(solid, capsule(p, (12, -84, 209), (44, -66, 210), 7, 7), 18)
    solid = carve(solid, ellipsoid(p, (31, -98, 184), (18, 15, 13)), 18)
    return join(solid, ellipsoid(p, EYE_CENTRE, (LID_RADIUS,) * 3), 5)


def _mouth_region(p: np.ndarray, solid: np.ndarray) -> np.ndarray:
    solid = join(solid, ellipsoid(p, (0, -70, 115), (29, 26, 26)), 18)
    groove = capsule(p, (0, -99.5, 133), (0, -101, 122), 3.2, 4.2)
    return carve(solid, groove, 4)


def _nose(p: np.ndarray, solid: np.ndarray) -> np.ndarray:
    nose = capsule(p, (0, -84, 190), (0, -104, 151), 6.0, 7.0)
    nose = join(nose, ellipsoid(p, (0, -107, 147), (9.0, 8.6, 8.2)), 7)
    nose = join(nose, ellipsoid(p, (10, -97.5, 143.5), (6.2, 8, 6.0)), 5)
    solid = join(solid, nose, 9)
    return carve(solid, ellipsoid(p, (5.8, -101, 137.5), (3.2, 4.6, 3.4)), 2.5)
