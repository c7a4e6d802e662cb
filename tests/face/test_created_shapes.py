"""Shapes for a head that has none: the built-in head's own come back on another topology."""

import numpy as np
import pytest
from emotalk.face import arkit, landmarks
from emotalk.face.created_shapes import create_shapes
from emotalk.face.errors import EmoTalkError
from emotalk.face.face_marks import MARKS, lay_marked
from emotalk.face.sample_head import build_sample_head


@pytest.fixture(scope="module")
def created(other_head):
    return create_shapes(other_head.vertices, other_head.triangles, other_head.marks)


def share_wrong(moved, right):
    return np.linalg.norm(moved - right) / np.linalg.norm(right)


def test_the_skin_gets_the_moves_that_are_right_for_it(created, other_head):
    """A quarter of the vertices, turned, 40 times as large: each shape arrives, most of them to a fifth."""
    assert list(created.moves) == list(arkit.CHANNELS)
    skin = other_head.numbers["skin"]
    wrong = {
        name: share_wrong(created.moves[name][skin], other_head.given(moves[: len(skin)]))
        for name, moves in build_sample_head().parts["skin"].shapes.items()
    }
    assert max(wrong.values()) < 0.75, max(wrong, key=wrong.get)
    assert np.mean(list(wrong.values())) < 0.2
    assert wrong["jawOpen"] < 0.1


def test_lips_part_and_meet_and_lids_close(created, other_head, coarse_face):
    back = np.linalg.inv(other_head.turn)
    skin = other_head.numbers["skin"]

    def at(name, first, second):
        moved = coarse_face.vertices + created.moves[name][skin] @ back.T
        return moved[coarse_face.landmarks[first], 2] - moved[coarse_face.landmarks[second], 2]

    own = build_sample_head().parts["skin"].shapes["jawOpen"]
    upper, lower = coarse_face.landmarks[[landmarks.UPPER_MIDDLE, landmarks.LOWER_MIDDLE]]
    opened = at("jawOpen", landmarks.UPPER_MIDDLE, landmarks.LOWER_MIDDLE)
    assert opened == pytest.approx(own[upper, 2] - own[lower, 2], rel=0.1)
    for upper_lid, lower_lid in ((43, 47), (44, 46)):
        rest = coarse_face.vertices[coarse_face.landmarks[[upper_lid, lower_lid]], 2]
        assert abs(at("eyeBlinkLeft", upper_lid, lower_lid)) < 0.12 * (rest[0] - rest[1])


@pytest.mark.parametrize("part", ["eye left", "eye right", "teeth lower", "tongue"])
def test_loose_parts_move_as_what_they_are(created, other_head, part):
    shapes = build_sample_head().parts[part].shapes
    for name, moves in shapes.items():
        assert share_wrong(created.moves[name][other_head.numbers[part]], other_head.given(moves)) < 0.3, name
    others = [name for name in created.moves if name not in shapes]
    assert max(np.abs(created.moves[name][other_head.numbers[part]]).max() for name in others) < 1e-3
    assert created.eyeballs == 2
    assert created.has_mouth


def test_upper_teeth_stay_and_lashes_follow_the_lids(created, other_head):
    assert max(np.abs(moves[other_head.numbers["teeth upper"]]).max() for moves in created.moves.values()) == 0
    own = build_sample_head().parts["lashes"].shapes["eyeBlinkLeft"]
    moved = created.moves["eyeBlinkLeft"][other_head.numbers["lashes"]]
    assert share_wrong(moved, other_head.given(own)) < 0.4


def test_a_skin_alone_has_no_eyeballs_and_no_teeth(other_head, coarse_face):
    count = len(coarse_face.vertices)
    created = create_shapes(other_head.vertices[:count], coarse_face.triangles, other_head.marks)
    assert (created.eyeballs, created.has_mouth) == (0, False)
    assert created.moves["jawOpen"].shape == (count, 3)


def laid(head, marks=None, triangles=None):
    chosen = head.marks if marks is None else marks
    return lay_marked(sample(), head.vertices, head.triangles if triangles is None else triangles, chosen)


def sample():
    from emotalk.face.created_shapes import sample_face

    return sample_face()


def test_all_68_landmarks_are_found_from_the_20_marks(other_head, coarse_face):
    head = laid(other_head)
    np.testing.assert_array_equal(head.skin, other_head.numbers["skin"])
    apart = np.linalg.norm(
        head.face.vertices[head.face.landmarks] - coarse_face.vertices[coarse_face.landmarks], axis=1
    )
    assert apart[list(landmarks.FITTED)].max() < 0.003
    exact = list(MARKS.values())
    np.testing.assert_array_equal(head.face.landmarks[exact], coarse_face.landmarks[exact])


def test_marks_beside_the_surface_fall_on_the_right_lip(other_head, coarse_face):
    """The marks of both lips are put into the same gap, the upper one below the lower one."""
    names = list(MARKS)
    marks = other_head.marks.copy()
    upper, lower = names.index("Upper Lip"), names.index("Lower Lip")
    down = other_head.turn @ (0, 0, -0.0008)
    marks[upper], marks[lower] = marks[upper] + down, marks[lower] - down
    head = laid(other_head, marks)
    for number in (landmarks.UPPER_MIDDLE, landmarks.LOWER_MIDDLE):
        assert head.face.landmarks[number] == coarse_face.landmarks[number]


def test_wrong_marks_are_refused_with_their_name(other_head):
    names = list(MARKS)
    marks = other_head.marks.copy()
    marks[names.index("Chin")] = marks[names.index("Brow Left")] + 0.01
    with pytest.raises(EmoTalkError, match="The landmark Chin lies far from where the others expect it"):
        laid(other_head, marks)
    marks = other_head.marks.copy()
    marks[names.index("Mouth Left")] = marks[names.index("Mouth Right")]
    with pytest.raises(EmoTalkError, match="Mouth Right and Mouth Left lie in the same place"):
        laid(other_head, marks)
    with pytest.raises(EmoTalkError, match="lie on each other"):
        laid(other_head, np.zeros((len(names), 3)))


def test_a_mouth_that_cannot_open_is_refused(other_head, coarse_face):
    """A bridge of two triangles joins the middles of the lips."""
    upper, lower = coarse_face.landmarks[[landmarks.UPPER_MIDDLE, landmarks.LOWER_MIDDLE]]
    beside = coarse_face.landmarks[61]
    joined = np.concatenate([other_head.triangles, [(upper, lower, beside)]])
    with pytest.raises(EmoTalkError, match="Upper and lower lip are one surface"):
        laid(other_head, triangles=joined)
