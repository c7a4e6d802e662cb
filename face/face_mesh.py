"""A face as a mesh with landmarks, and what is measured along its surface. Metres, Z up, the face looks along -Y."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True, eq=False)
class FaceMesh:
    """A neutral face.

    Attributes:
        vertices: (V, 3) metres, Z up, the face looks along -Y, the subject's left is +X.
        triangles: (T, 3) vertex numbers, anticlockwise from outside.
        landmarks: (68,) vertex numbers in the order of ``face.landmarks``.
    """

    vertices: np.ndarray
    triangles: np.ndarray
    landmarks: np.ndarray

    @cached_property
    def edges(self) -> np.ndarray:
        """(E, 2) pairs of vertices, each once."""
        sides = np.concatenate([self.triangles[:, [0, 1]], self.triangles[:, [1, 2]], self.triangles[:, [2, 0]]])
        return np.unique(np.sort(sides, axis=1), axis=0)

    @cached_property
    def normals(self) -> np.ndarray:
        """(V, 3) unit normals."""
        a, b, c = (self.vertices[self.triangles[:, k]] for k in range(3))
        across = np.cross(b - a, c - a)
        normals = np.zeros_like(self.vertices, dtype=np.float64)
        for k in range(3):
            np.add.at(normals, self.triangles[:, k], across)
        return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-15)

    @cached_property
    def neighbours(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(V + 1,) where each vertex's neighbours begin in the other two; the neighbours; how far they are, metres."""
        first, second = np.concatenate([self.edges, self.edges[:, ::-1]]).T
        order = np.argsort(first, kind="stable")
        starts = np.searchsorted(first[order], np.arange(len(self.vertices) + 1))
        lengths = np.linalg.norm(self.vertices[first] - self.vertices[second], axis=1)
        return starts, second[order], lengths[order]

    def distances(self, seeds: Sequence[int], reach: float) -> np.ndarray:
        """(V,) length of the shortest way along edges from the nearest seed vertex, at most ``reach`` metres."""
        lengths = np.linalg.norm(self.vertices[self.edges[:, 0]] - self.vertices[self.edges[:, 1]], axis=1)
        apart = np.full(len(self.vertices), reach)
        apart[list(seeds)] = 0
        while True:
            before = apart.copy()
            for start, end in (self.edges.T, self.edges.T[::-1]):
                np.minimum.at(apart, end, before[start] + lengths)
            if np.array_equal(apart, before):
                return apart

    def smoothed(self, values: np.ndarray, rounds: int) -> np.ndarray:
        """(V, ...) values, each replaced by the mean of itself and the mean of its neighbours, some times."""
        first, second = self.edges.T
        valence = np.maximum(np.bincount(self.edges.ravel(), minlength=len(self.vertices)), 1)
        for _ in range(rounds):
            around = np.zeros_like(values)
            np.add.at(around, first, values[second])
            np.add.at(around, second, values[first])
            values = (values + around / valence.reshape(-1, *[1] * (values.ndim - 1))) / 2
        return values


def triangulated(polygons: Sequence[Sequence[int]] | np.ndarray) -> np.ndarray:
    """(T, 3) int32: each polygon as a fan of triangles round its first corner."""
    fans = [(polygon[0], polygon[k], polygon[k + 1]) for polygon in polygons for k in range(1, len(polygon) - 1)]
    return np.array(fans, np.int32).reshape(-1, 3)
