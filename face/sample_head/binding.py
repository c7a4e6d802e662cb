"""Binding of small parts to the skin: they take its moves from the nearest vertices."""

from dataclasses import dataclass

import numpy as np

_NEIGHBOURS = 6


@dataclass(frozen=True)
class Binding:
    """Which vertices carry each point, and how much.

    Attributes:
        vertices: (N, K) vertex numbers.
        weights: (N, K), summing to 1.
    """

    vertices: np.ndarray
    weights: np.ndarray

    def carry(self, moves: np.ndarray) -> np.ndarray:
        """(N, 3) moves of the points for the moves of the carrying vertices."""
        return np.einsum("nk,nkc->nc", self.weights, moves[self.vertices])


def bind(points: np.ndarray, carriers: np.ndarray, allowed: np.ndarray) -> Binding:
    """Bind points (N, 3) to the nearest of the ``allowed`` (M,) vertices among carriers (V, 3)."""
    distances = np.linalg.norm(points[:, None] - carriers[allowed], axis=2)
    nearest = np.argpartition(distances, _NEIGHBOURS, axis=1)[:, :_NEIGHBOURS]
    near = np.take_along_axis(distances, nearest, axis=1)
    weights = 1 / np.maximum(near, near.min() + 1e-9) ** 2
    return Binding(allowed[nearest], weights / weights.sum(axis=1, keepdims=True))
