"""Least squares with a ridge and limits."""

from typing import Final

import numpy as np

_ROUNDS: Final = 600


def solve_bounded(
    system: np.ndarray, targets: np.ndarray, ridge: float, limit: float, lowest: float | None = None
) -> np.ndarray:
    """The coefficients within limits whose moves are nearest to targets (accelerated projected gradient).

    Args:
        system: (M, N) moves for each coefficient.
        targets: (M, K) moves.
        ridge: weight of a squared coefficient, in the unit of a squared move.
        limit: of the size of each coefficient.
        lowest: limit below; ``-limit`` if not given.

    Returns:
        (N, K).
    """
    lowest = -limit if lowest is None else lowest
    curvature = system.T @ system + ridge * np.eye(system.shape[1])
    slope = system.T @ targets
    step = 1 / np.linalg.eigvalsh(curvature)[-1]
    best = np.clip(np.linalg.solve(curvature, slope), lowest, limit)
    ahead, pace = best, 1.0
    for _ in range(_ROUNDS):
        moved = np.clip(ahead - step * (curvature @ ahead - slope), lowest, limit)
        faster = (1 + np.sqrt(1 + 4 * pace**2)) / 2
        ahead = moved + (pace - 1) / faster * (moved - best)
        best, pace = moved, faster
    return best
