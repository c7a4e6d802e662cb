"""Mouth poses of speech in ARKit coefficients: the 15 visemes, and the vowels and phonemes that other sets have.

Peak values for clear speech of normal effort on a head with Apple's shapes; docs/any-rig.md has the openings that they
give. A stem is one channel or both sides.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from . import arkit

Pose = Mapping[str, float]

VISEMES: Final[dict[str, Pose]] = {
    "sil": {"jawOpen": 0.02},
    "PP": {"jawOpen": 0.08, "mouthClose": 0.08, "mouthPress": 0.38, "mouthRollLower": 0.18, "mouthRollUpper": 0.14},
    "FF": {"jawOpen": 0.06, "mouthRollLower": 0.45, "mouthUpperUp": 0.20, "mouthStretch": 0.05},
    "TH": {
        "jawOpen": 0.13,
        "tongueOut": 0.28,
        "mouthLowerDown": 0.14,
        "mouthUpperUp": 0.08,
        "mouthStretch": 0.06,
    },
    "DD": {"jawOpen": 0.10, "mouthLowerDown": 0.16, "mouthUpperUp": 0.06, "mouthStretch": 0.06},
    "kk": {"jawOpen": 0.15, "mouthLowerDown": 0.12, "mouthUpperUp": 0.05},
    "CH": {
        "jawOpen": 0.07,
        "mouthFunnel": 0.36,
        "mouthPucker": 0.23,
        "mouthLowerDown": 0.07,
        "mouthUpperUp": 0.07,
    },
    "SS": {
        "jawOpen": 0.04,
        "mouthStretch": 0.16,
        "mouthSmile": 0.10,
        "mouthLowerDown": 0.24,
        "mouthUpperUp": 0.10,
    },
    "nn": {"jawOpen": 0.11, "mouthLowerDown": 0.14, "mouthUpperUp": 0.05},
    "RR": {"jawOpen": 0.10, "mouthFunnel": 0.22, "mouthPucker": 0.28},
    "aa": {"jawOpen": 0.42, "mouthLowerDown": 0.18, "mouthUpperUp": 0.10},
    "E": {
        "jawOpen": 0.26,
        "mouthStretch": 0.16,
        "mouthSmile": 0.10,
        "mouthLowerDown": 0.20,
        "mouthUpperUp": 0.10,
    },
    "ih": {
        "jawOpen": 0.15,
        "mouthStretch": 0.18,
        "mouthSmile": 0.12,
        "mouthLowerDown": 0.14,
        "mouthUpperUp": 0.06,
    },
    "oh": {"jawOpen": 0.32, "mouthFunnel": 0.30, "mouthPucker": 0.18},
    "ou": {"jawOpen": 0.07, "mouthPucker": 0.65, "mouthFunnel": 0.12},
}
"""The 15 visemes of Oculus and Meta, in their order."""

POSES: Final[dict[str, Pose]] = {
    **VISEMES,
    "ae": {
        "jawOpen": 0.34,
        "mouthStretch": 0.16,
        "mouthSmile": 0.08,
        "mouthLowerDown": 0.24,
        "mouthUpperUp": 0.14,
    },
    "ah": {"jawOpen": 0.24, "mouthLowerDown": 0.12, "mouthUpperUp": 0.06},
    "ee": {
        "jawOpen": 0.08,
        "mouthStretch": 0.25,
        "mouthSmile": 0.24,
        "mouthDimple": 0.08,
        "mouthLowerDown": 0.18,
        "mouthUpperUp": 0.08,
    },
    "er": {"jawOpen": 0.13, "mouthFunnel": 0.20, "mouthPucker": 0.25},
    "hh": {"jawOpen": 0.12, "mouthLowerDown": 0.08},
    "ll": {"jawOpen": 0.16, "mouthLowerDown": 0.13, "mouthUpperUp": 0.05},
    "ow": {"jawOpen": 0.24, "mouthFunnel": 0.28, "mouthPucker": 0.28},
    "ww": {"jawOpen": 0.04, "mouthPucker": 0.72, "mouthFunnel": 0.08},
}
"""Every pose that a naming scheme may refer to, by name."""


def pose_row(pose: Pose) -> np.ndarray:
    """(52,) float64 coefficients of a pose."""
    return arkit.row(pose).astype(np.float64)
