"""One face laid closely upon another: landmarks first, then the surfaces themselves."""

from typing import Final

import numpy as np

from . import landmarks as marks
from .face_mesh import FaceMesh
from .shape_transfer import STIFFNESS, ThinPlateWarp, nearest_places

_ANCHORS: Final = 300
_ROUNDS: Final = 3
_STIFFNESS: Final = 6e-3
"""Metres; the surfaces may miss each other more than landmarks do."""
_NORMAL_METRES: Final = 0.010
_REACH: Final = 0.015
"""Metres beyond which two places of the surfaces are no pair."""
_FACING: Final = 0.6
"""Cosine between the normals of a pair."""


def lay_upon(source: FaceMesh, face: FaceMesh, moving: np.ndarray) -> np.ndarray:
    """(V, 3) the vertices of a face bent so that its surface lies on that of the source.

    A thin-plate warp of the landmarks brings them near; then places spread over the source are paired with the nearest
    ones of the face that look the same way, and the warp is solved again with them (as in Amberg et al. 2007, with a
    thin plate in place of the local affine maps).

    Args:
        source: metres, with landmarks.
        face: turned, scaled and moved upon the source, with landmarks.
        moving: numbers of the source's vertices among which places are looked for.
    """
    fitted = list(marks.FITTED)
    points, goals = (mesh.vertices[mesh.landmarks[fitted]].astype(np.float64) for mesh in (face, source))
    anchors = moving[spread(source.vertices[moving], _ANCHORS)]
    places, normals = source.vertices[anchors].astype(np.float64), source.normals[anchors]
    laid = ThinPlateWarp(points, goals, STIFFNESS)(face.vertices)
    for _ in range(_ROUNDS):
        there = FaceMesh(laid, face.triangles, face.landmarks)
        carriers = np.column_stack([laid, _NORMAL_METRES / 2 * there.normals])
        nearest = nearest_places(np.column_stack([places, _NORMAL_METRES / 2 * normals]), carriers, 1)[0][:, 0]
        apart = np.linalg.norm(places - laid[nearest], axis=1)
        paired = (apart < _REACH) & (np.einsum("nc,nc->n", normals, there.normals[nearest]) > _FACING)
        from_points = np.concatenate([points, face.vertices[nearest[paired]]])
        laid = ThinPlateWarp(from_points, np.concatenate([goals, places[paired]]), _STIFFNESS)(face.vertices)
    return laid


def spread(points: np.ndarray, count: int) -> np.ndarray:
    """Numbers of points, each as far as can be from those before it (Gonzalez 1985); the first is number 0."""
    chosen = [0]
    apart = np.linalg.norm(points - points[0], axis=1)
    for _ in range(min(count, len(points)) - 1):
        chosen.append(int(apart.argmax()))
        apart = np.minimum(apart, np.linalg.norm(points - points[chosen[-1]], axis=1))
    return np.array(chosen)
