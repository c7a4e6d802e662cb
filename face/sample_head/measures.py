"""Posing the sample head without Blender, and measuring it in millimetres."""

import numpy as np

from .. import arkit
from .parts import Part, SampleHead


def posed(part: Part, coefficients: np.ndarray) -> np.ndarray:
    """(V, 3) float32 vertices in metres of a part under (52,) coefficients in the order of ``arkit.CHANNELS``."""
    vertices = part.vertices.copy()
    for name, moves in part.shapes.items():
        weight = float(coefficients[arkit.INDEX[name]])
        if weight:
            vertices += np.float32(weight) * moves
    return vertices


def lip_gap_mm(head: SampleHead, coefficients: np.ndarray) -> float:
    """Height between the lips' inner edges at the midline; negative where they are compressed."""
    upper, lower = _landmarks(head, coefficients, "upper lip", "lower lip")
    return float(upper[2] - lower[2]) * 1e3


def mouth_width_mm(head: SampleHead, coefficients: np.ndarray) -> float:
    """Distance between the corners of the mouth."""
    left, right = _landmarks(head, coefficients, "mouth corner left", "mouth corner right")
    return float(np.linalg.norm(left - right)) * 1e3


def eye_opening_mm(head: SampleHead, coefficients: np.ndarray, side: str) -> float:
    """Height between the lids' edges of the "left" or "right" eye."""
    upper, lower = _landmarks(head, coefficients, f"upper lid {side}", f"lower lid {side}")
    return float(upper[2] - lower[2]) * 1e3


def _landmarks(head: SampleHead, coefficients: np.ndarray, *names: str) -> np.ndarray:
    vertices = posed(head.parts["skin"], coefficients)
    return vertices[[head.landmarks[name] for name in names]]
