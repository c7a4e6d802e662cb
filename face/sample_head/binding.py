"""Binding of small parts to the skin: they follow its nearest vertices."""

from dataclasses import dataclass

import numpy as np

_NEIGHBOURS = 6
_SOFTNESS = 3e-4
"""Metres that keep a point on top of a vertex from taking its moves from that vertex alone."""


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
    reach = carriers[allowed]
    # Not as a product of matrices, whose last bits depend on how many threads compute it.
    apart = sum(np.square(points[:, k, None] - reach[:, k]) for k in range(3))
    nearest = np.argpartition(apart, _NEIGHBOURS, axis=1)[:, :_NEIGHBOURS]
    near = np.sqrt(np.take_along_axis(apart, nearest, axis=1))
    weights = 1 / np.square(near + _SOFTNESS)
    return Binding(allowed[nearest], weights / weights.sum(axis=1, keepdims=True))
