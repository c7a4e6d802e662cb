"""Turns, scales and moves a head upon the built-in one by its form alone."""

import itertools
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from .face_mesh import FaceMesh
from .shape_transfer import nearest_places, similarity
from .surface_fit import spread

_FEW: Final = (150, 1000)
_MANY: Final = (220, 1600)
"""Places of the source, and of the head."""
_FIRST_ROUNDS: Final = 16
_LAST_ROUNDS: Final = 30
_KEPT: Final = 5
_NEAREST: Final = 0.8
"""Share of the places that count; the farthest, such as those on shoulders, are left out."""
_NORMAL_METRES: Final = 0.06
_NOSE_TIP: Final = 30
_NOSES: Final = 2
_BESIDE: Final = 0.025
_ABOVE: Final = 0.045
"""Metres around the source's nose within which the tip of the other is looked for."""
_FACE: Final = 0.085
"""Metres around the tip of the nose that count as face."""
_OUTWARD: Final = 0.25


@dataclass(frozen=True)
class Alignment:
    """Where a head goes: ``scale * rotation @ point + shift``, and the mean distance that is left, metres."""

    scale: float
    rotation: np.ndarray
    shift: np.ndarray
    apart: float

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """(V, 3) where points go."""
        moved: np.ndarray = self.scale * points @ self.rotation.T + self.shift
        return moved


def align_head(source: FaceMesh, head: FaceMesh) -> list[Alignment]:
    """Find similarities that bring a head near to the source, the nearest first.

    Iterated closest points (Besl and McKay 1992) with normals: the whole head first, from the 24 ways to turn a box,
    then the face alone, with the tips of the noses laid upon each other.

    Args:
        source: metres, Z up, the face looks along -Y, with landmarks.
        head: in any size, place and direction.
    """
    nose = source.vertices[source.landmarks[_NOSE_TIP]]
    outside = np.flatnonzero(_looks_out(source))
    places = outside[spread(source.vertices[outside], _FEW[0])]
    points, normals = _sampled(head.vertices.astype(np.float64), head.normals, _FEW[1])
    starts = [_start(points, source.vertices[places], turn) for turn in _quarter_turns()]
    first = [_closest(start, source, places, points, normals, _FIRST_ROUNDS) for start in starts]
    best = sorted(first, key=lambda found: found.apart)[:_KEPT]
    near = outside[np.linalg.norm(source.vertices[outside] - nose, axis=1) < _FACE]
    face = near[spread(source.vertices[near], _MANY[0])]
    return sorted((_on_face(one, source, head, face) for one in best), key=lambda one: one.apart)


def _on_face(found: Alignment, source: FaceMesh, head: FaceMesh, places: np.ndarray) -> Alignment:
    """The alignment refined on the face, with the tips of the noses laid upon each other again and again."""
    nose = source.vertices[source.landmarks[_NOSE_TIP]]
    for _ in range(_NOSES):
        laid = found(head.vertices)
        middle = np.flatnonzero((np.abs(laid[:, 0] - nose[0]) < _BESIDE) & (np.abs(laid[:, 2] - nose[2]) < _ABOVE))
        if not len(middle):
            return replace(found, apart=np.inf)
        tip = laid[middle[laid[middle, 1].argmin()]]
        found = replace(found, shift=found.shift + nose - tip)
        is_near = np.linalg.norm(found(head.vertices) - nose, axis=1) < 1.3 * _FACE
        points, normals = _sampled(head.vertices[is_near], head.normals[is_near], _MANY[1])
        found = _closest(found, source, places, points, normals, _LAST_ROUNDS)
    return found


def _looks_out(source: FaceMesh) -> np.ndarray:
    """Whether a vertex looks away from the middle of the head: what is inside the mouth does not count."""
    away = source.vertices - (source.vertices.min(axis=0) + source.vertices.max(axis=0)) / 2
    outward: np.ndarray = np.einsum("vc,vc->v", source.normals, away) > _OUTWARD * np.linalg.norm(away, axis=1)
    return outward


def _sampled(points: np.ndarray, normals: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    some = np.linspace(0, len(points) - 1, min(count, len(points))).astype(int)
    return points[some].astype(np.float64), normals[some]


def _quarter_turns() -> list[np.ndarray]:
    """The 24 rotations of a cube; the first one turns nothing."""
    turns = []
    for order in itertools.permutations(range(3)):
        for signs in itertools.product((1, -1), repeat=3):
            turn = np.eye(3)[list(order)] * np.array(signs)[:, None]
            if np.linalg.det(turn) > 0:
                turns.append(turn)
    return turns


def _start(points: np.ndarray, goals: np.ndarray, turn: np.ndarray) -> Alignment:
    """The widths are made equal, and the tops laid upon each other: below may be a neck, shoulders or nothing."""
    turned = points @ turn.T
    low, high = turned.min(axis=0), turned.max(axis=0)
    goal_low, goal_high = goals.min(axis=0), goals.max(axis=0)
    scale = float((goal_high - goal_low)[1] / (high - low)[1])
    shift = (goal_low + goal_high) / 2 - scale * (low + high) / 2
    shift[2] = goal_high[2] - scale * high[2]
    return Alignment(scale, turn, shift, np.inf)


def _closest(
    start: Alignment, source: FaceMesh, places: np.ndarray, points: np.ndarray, normals: np.ndarray, rounds: int
) -> Alignment:
    found, goals, goal_normals = start, source.vertices[places], source.normals[places]
    count = int(_NEAREST * len(goals))
    wanted = np.column_stack([goals, _NORMAL_METRES / 2 * goal_normals])
    for _ in range(rounds):
        carriers = np.column_stack([found(points), _NORMAL_METRES / 2 * normals @ found.rotation.T])
        nearest, apart = (each[:, 0] for each in nearest_places(wanted, carriers, 1))
        pairs = np.argsort(apart)[:count]
        scale, rotation, shift = similarity(points[nearest[pairs]], goals[pairs])
        found = Alignment(scale, rotation, shift, float(apart[pairs].mean()))
    return found
