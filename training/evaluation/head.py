"""Differences between performances in millimetres on the sample head: what an animator sees."""

from functools import cache
from typing import Final

import numpy as np

from ...face import arkit
from ...face.sample_head.head import build_sample_head
from ..arrays import FloatArray

_MOVES: Final = 1.0
"""Millimetres: skin that no coefficient moves further is left out."""

_EVERY: Final = 5
"""Every so manieth vertex stands for its neighbours."""

_PERCENTILE: Final = 95


def distance(first: FloatArray, second: FloatArray) -> float:
    """How far two performances are apart.

    Args:
        first: (frames, 52) coefficients.
        second: as many of another performance.

    Returns:
        Millimetres between the skins where they differ most; 95 of 100 frames differ by less.
    """
    moved = ((first - second).astype(np.float32) @ _moves()).reshape(len(first), -1, 3)
    return float(np.percentile(np.linalg.norm(moved, axis=2).max(axis=1), _PERCENTILE))


@cache
def _moves() -> FloatArray:
    """(52, 3 x vertices) millimetres by which each coefficient moves the skin."""
    skin = build_sample_head().parts["skin"]
    moves = np.zeros((len(arkit.CHANNELS), len(skin.vertices), 3), np.float32)
    for name, shape in skin.shapes.items():
        moves[arkit.INDEX[name]] = 1000 * shape
    seen = np.flatnonzero(np.linalg.norm(moves, axis=2).max(axis=0) > _MOVES)[::_EVERY]
    return moves[:, seen].reshape(len(moves), -1)
