"""Landmarks proposed from the form of a head alone."""

import numpy as np
import pytest
from emotalk.face.created_shapes import sample_face
from emotalk.face.errors import EmoTalkError
from emotalk.face.face_guess import guess_marks
from emotalk.face.face_marks import MARKS, distance_of_eyes
from emotalk.face.front_view import STEP, seen_from_front


def test_landmarks_are_found_on_a_turned_head_of_another_size(other_head):
    guessed = guess_marks(sample_face(), other_head.vertices, other_head.triangles)
    apart = np.linalg.norm(guessed - other_head.marks, axis=1) / distance_of_eyes(other_head.marks)
    assert apart.max() < 0.2, list(MARKS)[int(apart.argmax())]
    assert apart.mean() < 0.06
    for name in ("Nose Tip", "Upper Lip", "Lower Lip"):
        assert apart[list(MARKS).index(name)] < 0.06
    skin = other_head.vertices[other_head.numbers["skin"]]
    assert np.linalg.norm(skin[:, None] - guessed, axis=2).min(axis=0).max() == 0


def test_what_is_no_head_gets_marks_to_move_or_a_reason():
    ball = np.random.default_rng(0).normal(size=(30, 3))
    with pytest.raises(EmoTalkError, match="30 vertices are too few for a face"):
        guess_marks(sample_face(), ball, np.stack([np.arange(28), np.arange(1, 29), np.arange(2, 30)], axis=1))


def grid(depth):
    """A sheet of squares of two steps whose y is ``depth(x, z)``."""
    x, z = np.meshgrid(np.arange(40) * 2 * STEP, np.arange(40) * 2 * STEP)
    points = np.stack([x, depth(x, z), z], axis=2).reshape(-1, 3)
    net = np.arange(1600).reshape(40, 40)
    a, b, c, d = net[:-1, :-1].ravel(), net[:-1, 1:].ravel(), net[1:, 1:].ravel(), net[1:, :-1].ravel()
    return points, np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])


def test_the_front_view_shows_what_lies_before():
    points, triangles = grid(lambda x, z: 0.01 + 0 * x)
    behind = points + np.array([0, 0.02, 0])
    both = np.concatenate([behind, points]), np.concatenate([triangles, triangles + len(points)])
    view = seen_from_front(*both, (0.0, 0.0), (0.05, 0.05))
    np.testing.assert_allclose(view.depth, 0.01)
    assert (view.vertices >= len(points)).all()
    row, column = view.row(20 * STEP), view.column(10 * STEP)
    np.testing.assert_allclose(both[0][view.vertices[row, column]], (10 * STEP, 0.01, 20 * STEP), atol=1.5 * STEP)


def test_openings_are_holes_and_sharp_pits_but_no_hollows():
    def depth(x, z):
        is_pit = (abs(x - 0.016) < 0.006) & (abs(z - 0.03) < 0.004)
        hollow = 0.004 * np.exp(-((x - 0.045) ** 2 + (z - 0.03) ** 2) / 0.004**2)
        return 0.01 * is_pit + hollow

    view = seen_from_front(*grid(depth), (0.0, 0.0), (0.06, 0.06))
    is_open = view.openings(0.018, 0.002, 0.002)
    rows, columns = np.nonzero(is_open)
    assert abs(columns * STEP - 0.016).max() < 0.008
    assert abs(rows * STEP - 0.03).max() < 0.006
    assert is_open[view.row(0.03), view.column(0.016)]
