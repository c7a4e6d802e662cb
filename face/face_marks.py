"""The landmarks that an animator puts on a face: few, easily seen, enough to lay another head upon it.

Each stands for one of the 68 landmarks of ``face.landmarks``. The others are found from them along the surface: lips
and lids on the shortest ways between the marks; brows, nose and the borders of the lips at the nearest places.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from . import landmarks
from .errors import EmoTalkError
from .face_mesh import FaceMesh
from .shape_transfer import ThinPlateWarp, nearest_places, similarity
from .surface_paths import loose_parts, shortest_path

MARKS: Final[Mapping[str, int]] = {
    "Chin": 8,
    "Nose Tip": 30,
    "Nose Wing Right": 31,
    "Nose Wing Left": 35,
    "Brow Right": 19,
    "Brow Left": 24,
    "Eye Right Outer": 36,
    "Eye Right Inner": 39,
    "Eye Left Inner": 42,
    "Eye Left Outer": 45,
    "Upper Lid Right": 37,
    "Upper Lid Left": 44,
    "Lower Lid Right": 41,
    "Lower Lid Left": 46,
    "Upper Lip Border": 51,
    "Lower Lip Border": 57,
    "Mouth Right": 60,
    "Mouth Left": 64,
    "Upper Lip": 62,
    "Lower Lip": 66,
}
"""Name -> number of the landmark; left and right are the face's own. Lids are marked a third of the way from the outer
corner, lips where they meet."""

_EYES: Final = ("Eye Right Outer", "Eye Right Inner", "Eye Left Inner", "Eye Left Outer")
_PATHS: Final = (
    # the way from one mark to another, and the landmark upon it
    ("Mouth Right", "Upper Lip", 61),
    ("Upper Lip", "Mouth Left", 63),
    ("Mouth Left", "Lower Lip", 65),
    ("Lower Lip", "Mouth Right", 67),
    ("Upper Lid Right", "Eye Right Inner", 38),
    ("Eye Right Inner", "Lower Lid Right", 40),
    ("Eye Left Inner", "Upper Lid Left", 43),
    ("Lower Lid Left", "Eye Left Inner", 47),
)
_FARTHEST: Final = 0.5
"""A mark may lie so far from where the others expect it, in distances of the eyes."""
_JOINED: Final = 0.35
"""Lips are one surface if the way from one to the other is shorter than this share of the mouth's width."""
_NORMAL_METRES: Final = 0.015
_STIFFNESS: Final = 1e-3


@dataclass(frozen=True, eq=False)
class MarkedHead:
    """A head that lies where the source lies.

    Attributes:
        vertices: (V, 3) of all its parts, in the source's metres and axes.
        parts: (V,) the lowest number of a vertex that each hangs together with.
        skin: (S,) numbers of the vertices of the face, ascending.
        face: the skin alone, with its 68 landmarks.
        turn: (3, 3) rotation and scale from moves here to moves of the head as it was given.
    """

    vertices: np.ndarray
    parts: np.ndarray
    skin: np.ndarray
    face: FaceMesh
    turn: np.ndarray


def lay_marked(source: FaceMesh, vertices: np.ndarray, triangles: np.ndarray, marks: np.ndarray) -> MarkedHead:
    """Lay a head where the source lies, and find the 68 landmarks of its face.

    Args:
        source: a face with landmarks, in metres.
        vertices: (V, 3) of the head with all its parts, in any size, place and direction.
        triangles: (T, 3) vertex numbers, anticlockwise from outside.
        marks: (20, 3) places on or near the surface, in the order of ``MARKS``.

    Raises:
        EmoTalkError: a mark lies where it cannot belong, or the lips are one surface; the sentence says which.
    """
    goal = marks_of(source)
    if len(np.unique(marks, axis=0)) < 3:
        raise EmoTalkError("The landmarks lie on each other; press Mark Landmarks again")
    scale, rotation, shift = similarity(marks, goal)
    laid = scale * vertices @ rotation.T + shift
    placed = scale * marks @ rotation.T + shift
    _check_places(placed, goal)
    parts = loose_parts(triangles, len(vertices))
    skin = _skin(laid, triangles, parts, placed)
    face = face_alone(laid, triangles, skin)
    at = dict(zip(MARKS, _snap(face, placed), strict=True))
    _check_lips(face, at)
    _add_landmarks(source, face, at)
    return MarkedHead(laid, parts, skin, face, rotation / scale)


def marks_of(face: FaceMesh) -> np.ndarray:
    """(20, 3) the places of the marks on a face whose 68 landmarks are known."""
    return face.vertices[face.landmarks[list(MARKS.values())]].astype(np.float64)


def distance_of_eyes(marks: np.ndarray) -> float:
    """From the middle of one eye to that of the other, in the unit of the marks."""
    outer_right, inner_right, inner_left, outer_left = (marks[list(MARKS).index(name)] for name in _EYES)
    return float(np.linalg.norm((outer_right + inner_right - inner_left - outer_left) / 2))


def _check_places(placed: np.ndarray, goal: np.ndarray) -> None:
    for first, name in enumerate(MARKS):
        for second, other in enumerate(MARKS):
            if first < second and not np.any(np.abs(placed[first] - placed[second]) > 0):
                raise EmoTalkError(f"The landmarks {name} and {other} lie in the same place; move one of them")
    apart = np.linalg.norm(placed - goal, axis=1)
    worst = int(apart.argmax())
    if apart[worst] > _FARTHEST * distance_of_eyes(goal):
        raise EmoTalkError(
            f"The landmark {list(MARKS)[worst]} lies far from where the others expect it; move it, or see whether "
            "left and right are the face's own"
        )


def _skin(vertices: np.ndarray, triangles: np.ndarray, parts: np.ndarray, marks: np.ndarray) -> np.ndarray:
    """The vertices of the loose part that most marks lie on."""
    used = np.unique(triangles)
    nearest, _apart = nearest_places(marks, vertices[used], 1)
    kinds, counts = np.unique(parts[used[nearest[:, 0]]], return_counts=True)
    return np.flatnonzero(parts == kinds[counts.argmax()])


def face_alone(vertices: np.ndarray, triangles: np.ndarray, skin: np.ndarray) -> FaceMesh:
    """A mesh of the vertices of one loose part, whose numbers are given, ascending; its landmarks are still 0."""
    places = np.full(len(vertices), -1)
    places[skin] = np.arange(len(skin))
    own = places[triangles]
    return FaceMesh(vertices[skin], own[(own >= 0).all(axis=1)], np.zeros(landmarks.COUNT, np.int64))


def _snap(face: FaceMesh, marks: np.ndarray) -> np.ndarray:
    """The vertex of each mark. That of a lip must be one whose way to nose or chin does not lead round the mouth."""
    found = nearest_places(marks, face.vertices, 1)[0][:, 0]
    names = list(MARKS)
    reach = 2 * distance_of_eyes(marks)
    nose, chin = (face.distances([found[names.index(name)]], reach) for name in ("Nose Tip", "Chin"))
    for name, own in (("Upper Lip", np.flatnonzero(nose < chin)), ("Lower Lip", np.flatnonzero(nose > chin))):
        mark = names.index(name)
        if len(own):
            found[mark] = own[np.linalg.norm(face.vertices[own] - marks[mark], axis=1).argmin()]
    if len(set(found.tolist())) < len(found):
        same = next(k for k in range(len(found)) if found[k] in found[:k])
        first = names[found.tolist().index(found[same])]
        raise EmoTalkError(
            f"{first} and {names[same]} fall on the same vertex; move the landmarks, or subdivide the mesh"
        )
    return found


def _check_lips(face: FaceMesh, at: Mapping[str, int]) -> None:
    width = float(np.linalg.norm(face.vertices[at["Mouth Left"]] - face.vertices[at["Mouth Right"]]))
    way = shortest_path(face, at["Upper Lip"], at["Lower Lip"], _JOINED * width)
    if way is not None:
        raise EmoTalkError(
            "Upper and lower lip are one surface, so the mouth cannot open; cut it open between the lips, or move "
            "the landmarks of the lips to where they meet"
        )


def _add_landmarks(source: FaceMesh, face: FaceMesh, at: Mapping[str, int]) -> None:
    """Those of the marks, those on the ways between them, and the rest at the nearest places."""
    numbers = list(MARKS.values())
    face.landmarks[numbers] = list(at.values())
    for start, end, between in _PATHS:
        face.landmarks[between] = _between(source, face, MARKS[start], MARKS[end], between)
    known = {*numbers, *(between for _start, _end, between in _PATHS)}
    others = [k for k in range(landmarks.COUNT) if k not in known]
    guide = ThinPlateWarp(marks_of(source), marks_of(face), _STIFFNESS)
    wanted = guide(source.vertices[source.landmarks[others]].astype(np.float64))
    face.landmarks[others] = nearest_facing(wanted, source.normals[source.landmarks[others]], face)


def _between(source: FaceMesh, face: FaceMesh, first: int, last: int, between: int) -> int:
    """The vertex on the way between two landmarks, as far along it as on the source."""
    way = shortest_path(face, face.landmarks[first], face.landmarks[last])
    if way is None:
        raise EmoTalkError("The landmarks of the mouth or of an eye lie on parts that do not hang together; move them")
    steps = np.linalg.norm(np.diff(face.vertices[way], axis=0), axis=1)
    travelled = np.concatenate([[0], np.cumsum(steps)]) / steps.sum()
    start, place, end = source.vertices[source.landmarks[[first, between, last]]]
    before, after = np.linalg.norm(place - start), np.linalg.norm(place - end)
    return int(way[np.abs(travelled - before / (before + after)).argmin()])


def nearest_facing(places: np.ndarray, normals: np.ndarray, face: FaceMesh) -> np.ndarray:
    """(N,) the vertices of a face next to places (N, 3) whose normals (N, 3) look alike."""
    wanted = np.column_stack([places, _NORMAL_METRES / 2 * normals])
    carriers = np.column_stack([face.vertices, _NORMAL_METRES / 2 * face.normals])
    return nearest_places(wanted, carriers, 1)[0][:, 0]
