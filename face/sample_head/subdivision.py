"""Catmull-Clark subdivision as a linear map, so that shape keys go through it exactly as the neutral face does."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Polygons = Sequence[Sequence[int]] | np.ndarray


@dataclass(frozen=True)
class Subdivision:
    """One Catmull-Clark step of a given topology.

    Attributes:
        corners: (C,) vertex of every polygon corner, polygon after polygon.
        owners: (C,) polygon of every corner.
        edges: (E, 2) vertices of every edge, lower number first.
        edge_faces: (E, 2) polygons on its sides; the same one twice on a border.
        polygons: (C, 4) the new quads. Vertices are old vertices, then edge points, then face points.
    """

    vertex_count: int
    corners: np.ndarray
    owners: np.ndarray
    edges: np.ndarray
    edge_faces: np.ndarray
    polygons: np.ndarray

    def apply(self, values: np.ndarray) -> np.ndarray:
        """(V, ...) values on the old vertices to values on the new ones; linear in the values."""
        shape = values.shape[1:]
        values = values.reshape(len(values), -1)
        face_points = _mean_by(self.owners, values[self.corners], int(self.owners[-1]) + 1)
        ends = values[self.edges]
        middles = ends.mean(axis=1)
        border = self.edge_faces[:, 0] == self.edge_faces[:, 1]
        edge_points = np.where(border[:, None], middles, (middles + face_points[self.edge_faces].mean(axis=1)) / 2)
        vertex_points = self._vertex_points(values, face_points, middles, border)
        return np.concatenate([vertex_points, edge_points, face_points]).reshape(-1, *shape)

    def _vertex_points(
        self, values: np.ndarray, face_points: np.ndarray, middles: np.ndarray, border: np.ndarray
    ) -> np.ndarray:
        count = self.vertex_count
        valence = np.bincount(self.corners, minlength=count)[:, None]
        around_faces = _mean_by(self.corners, face_points[self.owners], count)
        ends = self.edges.ravel()
        around_edges = _mean_by(ends, np.repeat(middles, 2, axis=0), count)
        inner = (around_faces + 2 * around_edges + (valence - 3) * values) / np.maximum(valence, 1)
        rim_ends = self.edges[border].ravel()
        rim = (_mean_by(rim_ends, np.repeat(middles[border], 2, axis=0), count) + values) / 2
        on_rim = np.bincount(rim_ends, minlength=count) > 0
        return np.where(on_rim[:, None], rim, inner)


def subdivision_of(polygons: Polygons, vertex_count: int) -> Subdivision:
    """The Catmull-Clark step for a mesh; polygons may have any number of corners."""
    sizes = np.array([len(polygon) for polygon in polygons])
    corners = np.concatenate([np.asarray(polygon) for polygon in polygons])
    owners = np.repeat(np.arange(len(polygons)), sizes)
    starts = np.repeat(np.cumsum(sizes) - sizes, sizes)
    places = np.arange(len(corners)) - starts
    following = corners[starts + (places + 1) % np.repeat(sizes, sizes)]
    pairs = np.sort(np.stack([corners, following], axis=1), axis=1)
    edges, edge_of_corner = np.unique(pairs, axis=0, return_inverse=True)
    edge_of_corner = edge_of_corner.ravel()
    order = np.argsort(edge_of_corner, kind="stable")
    first = np.searchsorted(edge_of_corner[order], np.arange(len(edges)))
    last = np.searchsorted(edge_of_corner[order], np.arange(len(edges)), side="right") - 1
    edge_faces = np.stack([owners[order][first], owners[order][last]], axis=1)
    previous = starts + (places - 1) % np.repeat(sizes, sizes)
    quads = np.stack(
        [
            corners,
            vertex_count + edge_of_corner,
            vertex_count + len(edges) + owners,
            vertex_count + edge_of_corner[previous],
        ],
        axis=1,
    )
    return Subdivision(vertex_count, corners, owners, edges, edge_faces, quads)


def _mean_by(groups: np.ndarray, values: np.ndarray, count: int) -> np.ndarray:
    """(count, K) mean of the rows of each group; zero for a group without rows."""
    order = np.argsort(groups, kind="stable")
    sizes = np.bincount(groups, minlength=count)
    present = sizes > 0
    sums = np.zeros((count, values.shape[1]), values.dtype)
    sums[present] = np.add.reduceat(values[order], (np.cumsum(sizes) - sizes)[present], axis=0)
    return sums / np.maximum(sizes, 1)[:, None]
