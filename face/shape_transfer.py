"""The shapes of one face moved onto another of different topology, by landmarks and nearest places of the surface."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from . import landmarks as marks
from .face_mesh import FaceMesh

STIFFNESS: Final = 2e-3
"""Metres; lets the warp miss landmarks a little, so that pairs which lie close do not tear the space between them."""
_NORMAL_METRES: Final = 0.010
_LIP_METRES: Final = 0.020
"""How far apart opposite normals, and upper and lower lip, are taken to be when nearest places are looked for."""
_LIP_REACH: Final = 0.06
_LIP_BLEND: Final = 0.006
_NEIGHBOURS: Final = 6
_SOFTNESS: Final = 5e-4
_ROUNDS: Final = 2
_CHUNK: Final = 512
_LID_REACH: Final = 0.022
_LID_SHAPES: Final = ("eyeBlink", "eyeSquint", "eyeWide")


@dataclass(frozen=True)
class Correspondence:
    """Where each vertex of the target lies on the source.

    Attributes:
        vertices: (V, K) of the source.
        weights: (V, K), summing to 1.
        turn: (3, 3) rotation and scale from moves of the source to moves of the target.
        lids: (V,) how much further or less far lids have to go than the rest, 1 away from the eyes.
        apart: (V,) metres between the vertex and its place on the source, in the size of the source.
    """

    vertices: np.ndarray
    weights: np.ndarray
    turn: np.ndarray
    lids: np.ndarray
    apart: np.ndarray


def correspond(source: FaceMesh, target: FaceMesh) -> Correspondence:
    """Lay the target upon the source: a similarity and a thin-plate warp of landmarks, then the nearest places.

    Nearest is measured in place, in direction of the surface, and in which lip a vertex belongs to, so that a closed
    mouth comes apart in the right place.
    """
    fitted = list(marks.FITTED)
    from_points = target.vertices[target.landmarks[fitted]].astype(np.float64)
    to_points = source.vertices[source.landmarks[fitted]].astype(np.float64)
    scale, rotation, shift = similarity(from_points, to_points)
    laid = scale * target.vertices @ rotation.T + shift
    laid = ThinPlateWarp(scale * from_points @ rotation.T + shift, to_points, STIFFNESS)(laid)
    found = correspond_laid(source, target, laid, 1 / scale)
    return replace(found, turn=rotation.T / scale)


def correspond_laid(source: FaceMesh, target: FaceMesh, laid: np.ndarray, size: float = 1.0) -> Correspondence:
    """The nearest places on the source of a target that lies upon it already.

    Args:
        source: the face with shapes.
        target: the other face; moves are given for it as it stands.
        laid: (V, 3) its vertices where they lie upon the source.
        size: how large the target is in sizes of the source.
    """
    there = FaceMesh(laid, target.triangles, target.landmarks)
    nearest, apart = nearest_places(_features(there), _features(source), _NEIGHBOURS)
    weights = 1 / (apart + _SOFTNESS) ** 2
    return Correspondence(
        nearest,
        weights / weights.sum(axis=1, keepdims=True),
        np.eye(3),
        _lid_scale(source, target, size),
        np.linalg.norm(laid - source.vertices[nearest[:, 0]], axis=1),
    )


def transfer(
    shapes: Mapping[str, np.ndarray], correspondence: Correspondence, target: FaceMesh
) -> dict[str, np.ndarray]:
    """The moves of the target for moves of the source.

    Args:
        shapes: (V of the source, 3) metres by the name of the shape.
        correspondence: of ``correspond``.
        target: the face.

    Returns:
        (V of the target, 3) float64 metres by name.
    """
    moved = {}
    for name, moves in shapes.items():
        carried = np.einsum("vk,vkc->vc", correspondence.weights, moves[correspondence.vertices])
        carried = carried @ correspondence.turn.T
        if name.startswith(_LID_SHAPES):
            carried = carried * correspondence.lids[:, None]
        moved[name] = target.smoothed(carried, _ROUNDS)
    return moved


def similarity(points: np.ndarray, targets: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Scale, rotation (3, 3) and shift (3,) that bring points (N, 3) nearest to targets (Umeyama 1991)."""
    centre, goal = points.mean(axis=0), targets.mean(axis=0)
    left, sizes, right = np.linalg.svd((targets - goal).T @ (points - centre))
    handed = np.array([1, 1, np.sign(np.linalg.det(left @ right))])
    rotation = left * handed @ right
    scale = float((sizes * handed).sum() / ((points - centre) ** 2).sum())
    return scale, rotation, goal - scale * rotation @ centre


class ThinPlateWarp:
    """The smoothest field (kernel r and an affine part) that takes points to targets (Bookstein 1989).

    Args:
        points: (N, 3).
        targets: (N, 3).
        stiffness: in the unit of the points; lets the field miss targets a little, so that pairs which lie close do not
            tear the space between them.
    """

    def __init__(self, points: np.ndarray, targets: np.ndarray, stiffness: float) -> None:
        count = len(points)
        self._points = points
        system = np.zeros((count + 4, count + 4))
        system[:count, :count] = self._kernel(points) - stiffness * np.eye(count)
        system[:count, count:] = _affine(points)
        system[count:, :count] = _affine(points).T
        self._solved = np.linalg.solve(system, np.concatenate([targets - points, np.zeros((4, 3))]))

    def __call__(self, places: np.ndarray) -> np.ndarray:
        """(V, 3) where places (V, 3) go."""
        moved: np.ndarray = places + self._kernel(places) @ self._solved[:-4] + _affine(places) @ self._solved[-4:]
        return moved

    def _kernel(self, places: np.ndarray) -> np.ndarray:
        squared = (places**2).sum(axis=1)[:, None] - 2 * places @ self._points.T + (self._points**2).sum(axis=1)
        kernel: np.ndarray = np.sqrt(np.maximum(squared, 0))
        return kernel


def _affine(places: np.ndarray) -> np.ndarray:
    return np.column_stack([np.ones(len(places)), places])


def _features(face: FaceMesh) -> np.ndarray:
    """(V, 7) place, direction and lip of each vertex, all in metres."""
    numbers = face.landmarks
    upper = face.distances(list(numbers[list(marks.UPPER_LIP)]), _LIP_REACH)
    lower = face.distances(list(numbers[list(marks.LOWER_LIP)]), _LIP_REACH)
    lip = np.clip((lower - upper) / _LIP_BLEND, -1, 1)
    lip *= np.clip(2 - 2 * np.minimum(upper, lower) / _LIP_REACH, 0, 1)
    return np.column_stack([face.vertices, _NORMAL_METRES / 2 * face.normals, _LIP_METRES / 2 * lip])


def nearest_places(points: np.ndarray, carriers: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The nearest carriers of each point, nearest first, and how far they are: (V, count) each."""
    found, apart = [], []
    lengths = (carriers**2).sum(axis=1)
    for start in range(0, len(points), _CHUNK):
        part = points[start : start + _CHUNK]
        squared = lengths - 2 * part @ carriers.T + (part**2).sum(axis=1)[:, None]
        if count == 1:
            some = squared.argmin(axis=1)[:, None]
        else:
            some = np.argpartition(squared, min(count, len(carriers) - 1), axis=1)[:, :count]
        near = np.take_along_axis(squared, some, axis=1)
        order = near.argsort(axis=1)
        found.append(np.take_along_axis(some, order, axis=1))
        apart.append(np.sqrt(np.maximum(np.take_along_axis(near, order, axis=1), 0)))
    return np.concatenate(found), np.concatenate(apart)


def _lid_scale(source: FaceMesh, target: FaceMesh, size: float) -> np.ndarray:
    """(V,) how much further lids go on the target than its size alone says: its eyes may be open less."""
    scale = np.ones(len(target.vertices))
    for first in (marks.LIDS[0], marks.LIDS[6]):
        openings = []
        for face in (source, target):
            lids = face.vertices[face.landmarks[first : first + 6]]
            openings.append(float((lids[[1, 2], 2] - lids[[5, 4], 2]).mean()))
        ratio = openings[1] / (openings[0] * size)
        away = target.distances(list(target.landmarks[first : first + 6]), _LID_REACH)
        scale += (ratio - 1) * (1 - away / _LID_REACH)
    return scale
