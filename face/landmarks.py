"""The 68 landmarks of a face in the iBUG order, by which heads of different topology are laid upon each other.

0 to 16 the outline from the subject's right ear over the chin (8) to the left ear, 17 to 26 the brows, 27 to 35 the
nose, 36 to 47 the lids, 48 to 59 the outer lips, 60 to 67 the inner lips (62 above 66).
"""

from typing import Final

import numpy as np

COUNT: Final = 68
CHIN: Final = 8
BROWS: Final = tuple(range(17, 27))
NOSE: Final = tuple(range(27, 36))
LIDS: Final = tuple(range(36, 48))
LIPS: Final = tuple(range(48, 68))
UPPER_LIP: Final = (49, 50, 51, 52, 53, 61, 62, 63)
LOWER_LIP: Final = (55, 56, 57, 58, 59, 65, 66, 67)
CORNERS: Final = (48, 54)
UPPER_MIDDLE: Final = 62
LOWER_MIDDLE: Final = 66
FITTED: Final = (CHIN, *BROWS, *NOSE, *LIDS, *LIPS)
"""Those that mean the same point on every head; the outline depends on who marked it."""

FLAME: Final = tuple(
    int(number)
    for number in (
        "2210 1963 3056 3424 3423 3421 3419 3416 3414 3635 3643 3646 3650 3652 2004 568 728 "
        "2567 337 338 3154 3712 3868 2135 27 18 1430 3560 3561 3501 3564 2751 2793 3556 1676 1623 "
        "2428 2453 2494 3631 2278 2359 3832 1343 1218 1154 995 829 "
        "2820 2864 2774 3543 1657 1749 1703 1774 1802 3503 2905 2881 2845 2787 3531 1670 1730 1804 3504 2907"
    ).split()
)
"""FLAME's vertices (SAiD, ``data/FLAME_landmarks.txt``, Apache-2.0)."""


def lip_gap_mm(vertices: np.ndarray, landmarks: np.ndarray, up: int) -> float:
    """Height between the middles of the inner lips in millimetres.

    Args:
        vertices: (V, 3) metres.
        landmarks: (68,) vertex numbers.
        up: the axis that points up.
    """
    upper, lower = vertices[landmarks[[UPPER_MIDDLE, LOWER_MIDDLE]]]
    return float(upper[up] - lower[up]) * 1e3
