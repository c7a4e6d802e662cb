"""Distance between curves in millimetres on the sample head."""

from functools import cache
from typing import Final

import numpy as np

from ...face import arkit
from ...face.sample_head.head import build_sample_head
from ..arrays import FloatArray

_LEAST_MM: Final = 1.0
"""Vertices that no coefficient moves further than this (mm) are ignored."""

_VERTEX_STEP: Final = 5
"""Only every fifth of the other vertices is used."""

_PERCENTILE: Final = 95


def distance(first: FloatArray, second: FloatArray) -> float:
    """Distance between two animations of the face.

    Args:
        first: (frames, 52) coefficients.
        second: as many of the other one.

    Returns:
        95th percentile over frames of the largest vertex distance, in millimetres.
    """
    difference = ((first - second).astype(np.float32) @ _displacements()).reshape(len(first), -1, 3)
    return float(np.percentile(np.linalg.norm(difference, axis=2).max(axis=1), _PERCENTILE))


@cache
def _displacements() -> FloatArray:
    """(52, 3 x vertices) displacement of the skin by each coefficient, mm."""
    skin = build_sample_head().parts["skin"]
    displacements = np.zeros((len(arkit.CHANNELS), len(skin.vertices), 3), np.float32)
    for name, shape in skin.shapes.items():
        displacements[arkit.INDEX[name]] = 1000 * shape
    moving = np.flatnonzero(np.linalg.norm(displacements, axis=2).max(axis=0) > _LEAST_MM)[::_VERTEX_STEP]
    return displacements[:, moving].reshape(len(displacements), -1)
