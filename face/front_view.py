"""What of a surface is seen from the front, on a grid of small squares."""

from dataclasses import dataclass
from typing import Final

import numpy as np

STEP: Final = 0.0008
"""Metres between the middles of two squares."""


@dataclass(frozen=True, eq=False)
class FrontView:
    """A surface seen along +Y.

    Attributes:
        left, bottom: x and z of the middle of the first square, metres.
        depth: (rows, columns) y of what is seen; infinite where nothing is. Rows go up, columns to +X.
        vertices: (rows, columns) the vertex nearest to what is seen; -1 where nothing is.
    """

    left: float
    bottom: float
    depth: np.ndarray
    vertices: np.ndarray

    def row(self, z: float) -> int:
        """The row at a height, kept within the view."""
        return int(np.clip(round((z - self.bottom) / STEP), 0, len(self.depth) - 1))

    def column(self, x: float) -> int:
        """The column at a place across, kept within the view."""
        return int(np.clip(round((x - self.left) / STEP), 0, self.depth.shape[1] - 1))

    def openings(self, height: float, depth: float, step: float) -> np.ndarray:
        """(rows, columns) whether there is a hole, or a pit with sharp rims above and below.

        Args:
            height: metres up to which it is one.
            depth: metres from which on it is one.
            step: metres by which the surface falls off at its rims, from one square to the next.
        """
        rows = round(height / STEP / 2)
        with np.errstate(invalid="ignore"):
            filled = _sliding(_sliding(self.depth, rows, np.minimum), rows, np.maximum)
            is_pit = np.isfinite(filled) & ~(self.depth - filled <= depth)
            falls = np.diff(self.depth, axis=0)
        found = np.zeros_like(is_pit)
        for column in np.flatnonzero(is_pit.any(axis=0)):
            borders = np.flatnonzero(np.diff(np.concatenate([[0], is_pit[:, column], [0]])))
            for first, end in borders.reshape(-1, 2):
                into = np.flatnonzero(falls[max(first - 1, 0) : end, column] > step) + max(first - 1, 0) + 1
                out_of = np.flatnonzero(-falls[first : end + 1, column] > step) + first + 1
                if len(into) and len(out_of):
                    found[into[0] : out_of[-1], column] = True
        return found


def seen_from_front(
    vertices: np.ndarray, triangles: np.ndarray, low: tuple[float, float], high: tuple[float, float]
) -> FrontView:
    """Look at a mesh along +Y.

    Args:
        vertices: (V, 3) metres.
        triangles: (T, 3) vertex numbers.
        low: x and z of the lower corner of what is looked at.
        high: those of the upper corner.
    """
    shape = (round((high[1] - low[1]) / STEP) + 1, round((high[0] - low[0]) / STEP) + 1)
    corners = vertices[triangles]
    inside = (corners[:, :, [0, 2]].min(axis=1) < high).all(axis=1) & (corners[:, :, [0, 2]].max(axis=1) > low).all(
        axis=1
    )
    places, owners = _sample(corners[inside], triangles[inside])
    rows = np.round((places[:, 2] - low[1]) / STEP).astype(int)
    columns = np.round((places[:, 0] - low[0]) / STEP).astype(int)
    within = (rows >= 0) & (rows < shape[0]) & (columns >= 0) & (columns < shape[1])
    square, y, owners = (rows * shape[1] + columns)[within], places[within, 1], owners[within]
    order = np.lexsort((y, square))
    first = order[np.unique(square[order], return_index=True)[1]]
    depth, seen = np.full(shape[0] * shape[1], np.inf), np.full(shape[0] * shape[1], -1)
    depth[square[first]], seen[square[first]] = y[first], owners[first]
    return FrontView(low[0], low[1], depth.reshape(shape), seen.reshape(shape))


def _sample(corners: np.ndarray, triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places on triangles, no farther apart than a square is wide, and the vertex nearest to each."""
    longest = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
    counts = np.ceil(longest / STEP * 1.3).astype(int) + 1
    places, owners = [], []
    for count in np.unique(counts):
        first, second = np.mgrid[0 : count + 1, 0 : count + 1].reshape(2, -1) / count
        shares = np.stack([first, second, 1 - first - second], axis=1)[first + second <= 1 + 1e-9]
        own = counts == count
        places.append(np.einsum("sk,tkc->tsc", shares, corners[own]).reshape(-1, 3))
        owners.append(triangles[own][:, shares.argmax(axis=1)].reshape(-1))
    return np.concatenate([np.empty((0, 3)), *places]), np.concatenate([np.empty(0, np.int64), *owners])


def _sliding(values: np.ndarray, reach: int, better: np.ufunc) -> np.ndarray:
    """The least or greatest value within so many rows above and below."""
    best = values
    for shift in range(1, reach + 1):
        up, down = values[shift:], values[:-shift]
        best = np.concatenate([better(best[:-shift], up), best[-shift:]])
        best = np.concatenate([best[:shift], better(best[shift:], down)])
    return best
