"""ARKit's 52 shapes for a head that has none, carried over from the built-in head by landmarks.

The skin takes the built-in head's moves (``face.shape_transfer``). Eyeballs turn, what stands in the lower half of the
mouth goes with the jaw, and what lies close to the skin (brows, lashes, gums) follows it, whether these are loose parts
or meshes of their own.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from . import arkit, landmarks
from .face_marks import lay_marked
from .face_mesh import FaceMesh, triangulated
from .gaze_shapes import gaze_shapes
from .loose_parts import followed, mouth_moves, sort_parts
from .sample_head import build_sample_head
from .sample_head.landmarks import sample_landmarks
from .shape_transfer import correspond_laid, transfer
from .surface_fit import lay_upon

_MOVING: Final = 0.002
"""Metres that all shapes together move a vertex of the built-in head, so that it takes part in the fit."""
_STILL: Final = 1e-5
"""Metres below which a shape counts as none."""
_BLINK_GAIN: Final = (0.7, 1.4)


@dataclass(frozen=True)
class CreatedShapes:
    """The shapes of a head.

    Attributes:
        moves: channel -> (V, 3) float64 moves at 1, of all vertices and in the head's own unit and axes.
        eyeballs: how many were found, 0 to 2.
        has_mouth: whether there is something in the mouth, such as teeth.
    """

    moves: dict[str, np.ndarray]
    eyeballs: int
    has_mouth: bool


@cache
def sample_face() -> FaceMesh:
    """The built-in head's skin with its landmarks."""
    skin = build_sample_head().parts["skin"]
    return FaceMesh(skin.vertices.astype(np.float64), triangulated(skin.polygons), sample_landmarks())


def create_shapes(vertices: np.ndarray, triangles: np.ndarray, marks: np.ndarray) -> CreatedShapes:
    """The 52 shapes of a head; takes seconds.

    Args:
        vertices: (V, 3) of the head with all its parts, in any size, place and direction.
        triangles: (T, 3) vertex numbers, anticlockwise from outside.
        marks: (20, 3) places of ``face_marks.MARKS`` on the skin.

    Raises:
        EmoTalkError: a mark lies where it cannot belong, or the lips are one surface; the sentence says which.
    """
    source = sample_face()
    head = lay_marked(source, vertices, triangles, marks)
    shapes = build_sample_head().parts["skin"].shapes
    moving = np.flatnonzero(sum(np.linalg.norm(moves, axis=1) for moves in shapes.values()) > _MOVING)
    fit = correspond_laid(source, head.face, lay_upon(source, head.face, moving))
    on_skin = transfer(shapes, fit, head.face)
    _close_lids(head.face, on_skin)
    moves = {name: np.zeros((len(vertices), 3)) for name in arkit.CHANNELS}
    for name, moved in on_skin.items():
        moves[name][head.skin] = moved
    parts = sort_parts(head)
    for side, ball in parts.eyeballs.items():
        for name, moved in gaze_shapes(head.vertices[ball.vertices], ball.centre, side).items():
            moves[name][ball.vertices] = moved
    for name, moved in mouth_moves(head, parts.mouth).items():
        moves[name][parts.mouth] = moved
    for numbers in parts.others:
        for name, moved in followed(head, numbers, on_skin).items():
            moves[name][numbers] = moved
    turned = {name: moved @ head.turn for name, moved in moves.items() if np.abs(moved).max() > _STILL}
    return CreatedShapes(turned, len(parts.eyeballs), bool(len(parts.mouth)))


def _close_lids(face: FaceMesh, moves: dict[str, np.ndarray]) -> None:
    """Let a blink go so far that the middles of the lids meet."""
    for side, first in (("Right", landmarks.LIDS[0]), ("Left", landmarks.LIDS[6])):
        lids = face.landmarks[first : first + 6]
        blink = moves[f"eyeBlink{side}"]
        is_open, is_closed = (
            float((points[lids[[1, 2]], 2] - points[lids[[5, 4]], 2]).mean())
            for points in (face.vertices, face.vertices + blink)
        )
        if is_open > is_closed:
            blink *= np.clip(is_open / (is_open - is_closed), *_BLINK_GAIN)
