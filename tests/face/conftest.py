"""A face in another topology: the built-in head's cage, whose moves are known."""

from dataclasses import dataclass

import numpy as np
import pytest
from emotalk.face.created_shapes import sample_face
from emotalk.face.face_marks import marks_of
from emotalk.face.face_mesh import FaceMesh, triangulated
from emotalk.face.sample_head import build_sample_head
from emotalk.face.sample_head.skin_cage import build_skin_cage


@dataclass
class OtherHead:
    """A head that is turned, moved and 40 times as large, with the marks and the moves that are right for it."""

    vertices: np.ndarray
    triangles: np.ndarray
    marks: np.ndarray
    turn: np.ndarray
    numbers: dict[str, np.ndarray]

    def given(self, moves):
        """Moves of the built-in head as moves of this one."""
        return moves.astype(float) @ self.turn.T


def _turn():
    angle, tilt = 0.4, -0.2
    about_z = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    return 40 * about_z @ about_x


@pytest.fixture(scope="package")
def coarse_face():
    """The cage lying where the built-in head lies; its vertices are the first of the built-in head's."""
    source, cage = sample_face(), build_skin_cage()
    return FaceMesh(source.vertices[: len(cage.points)], triangulated(cage.polygons), source.landmarks)


@pytest.fixture(scope="package")
def other_head(coarse_face):
    """The cage's skin with eyeballs, teeth, tongue and lashes as loose parts."""
    parts = build_sample_head().parts
    vertices, triangles, numbers = [coarse_face.vertices], [coarse_face.triangles], {}
    first = len(coarse_face.vertices)
    numbers["skin"] = np.arange(first)
    for name in ("eye left", "eye right", "teeth upper", "teeth lower", "tongue", "lashes"):
        part = parts[name]
        vertices.append(part.vertices)
        triangles.append(triangulated(part.polygons) + first)
        numbers[name] = np.arange(first, first + len(part.vertices))
        first += len(part.vertices)
    turn = _turn()
    return OtherHead(
        np.concatenate(vertices) @ turn.T + 7,
        np.concatenate(triangles),
        marks_of(coarse_face) @ turn.T + 7,
        turn,
        numbers,
    )
