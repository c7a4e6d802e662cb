import numpy as np
import pytest
from emotalk.face import landmarks
from emotalk.face.face_mesh import FaceMesh, triangulated
from emotalk.face.sample_head import build_sample_head
from emotalk.face.sample_head.landmarks import sample_landmarks
from emotalk.face.shape_transfer import correspond, similarity, transfer


@pytest.fixture(scope="module")
def built_in():
    skin = build_sample_head().parts["skin"]
    return FaceMesh(skin.vertices.astype(float), triangulated(skin.polygons), sample_landmarks())


@pytest.fixture(scope="module")
def shapes():
    return build_sample_head().parts["skin"].shapes


def turned(points, scale=1.0):
    angle = 0.3
    turn = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    return scale * points @ turn.T


@pytest.mark.parametrize("scale", [1.0, 1.6])
def test_a_head_that_is_turned_and_larger_moves_turned_and_larger(built_in, shapes, scale):
    """Nine tenths of the moves of every shape arrive in their own place."""
    target = FaceMesh(turned(built_in.vertices, scale) + 0.1, built_in.triangles, built_in.landmarks)
    moved = transfer(shapes, correspond(built_in, target), target)
    assert set(moved) == set(shapes)
    for name, moves in shapes.items():
        expected = turned(moves.astype(float), scale)
        if name.startswith(("eyeBlink", "eyeSquint", "eyeWide")):
            continue  # measured in height, which turning changes
        assert np.linalg.norm(moved[name] - expected) < 0.2 * np.linalg.norm(expected), name


def test_the_jaw_takes_the_lower_lip_and_leaves_the_upper_one(built_in, shapes):
    moved = transfer(shapes, correspond(built_in, built_in), built_in)["jawOpen"]
    marks = built_in.landmarks
    upper, lower = marks[landmarks.UPPER_MIDDLE], marks[landmarks.LOWER_MIDDLE]
    assert -moved[lower, 2] == pytest.approx(-shapes["jawOpen"][lower, 2], rel=0.1)
    assert abs(moved[upper, 2]) < 0.03 * abs(moved[lower, 2])


def test_lids_that_are_open_less_close_less_far(built_in, shapes):
    """The same head with its eyes half closed: a blink must end at the lower lid again."""
    vertices = built_in.vertices + 0.4 * shapes["eyeBlinkLeft"] + 0.4 * shapes["eyeBlinkRight"]
    target = FaceMesh(vertices, built_in.triangles, built_in.landmarks)
    moved = transfer(shapes, correspond(built_in, target), target)["eyeBlinkLeft"]

    def opening(points):
        lids = points[built_in.landmarks[42:48], 2]
        return float((lids[[1, 2]] - lids[[5, 4]]).mean())

    assert opening(vertices) == pytest.approx(0.6 * opening(built_in.vertices), rel=0.1)
    assert abs(opening(vertices + moved)) < 0.12 * opening(built_in.vertices)


def test_similarity_finds_what_was_done():
    points = np.random.default_rng(1).normal(size=(20, 3))
    scale, rotation, shift = similarity(points, turned(points, 2.5) + np.arange(3))
    assert scale == pytest.approx(2.5)
    np.testing.assert_allclose(scale * points @ rotation.T + shift, turned(points, 2.5) + np.arange(3), atol=1e-12)
    assert np.linalg.det(similarity(points, points * (-1, 1, 1))[1]) == pytest.approx(1)


def test_distances_run_along_the_surface():
    """Two leaves that touch nowhere but at one edge: the way goes round."""
    vertices = np.array([(0, 0, 0), (1, 0, 0), (1, 0, 1), (0, 0, 0.01), (1, 0, 0.01)], float)
    mesh = FaceMesh(vertices, np.array([(0, 1, 2), (3, 2, 4)]), np.zeros(68, int))
    apart = mesh.distances([0], 10.0)
    np.testing.assert_allclose(apart[[1, 2]], [1, np.sqrt(2)])
    assert apart[3] > 2
    assert mesh.distances([0], 0.5).max() == 0.5


def test_normals_and_smoothing(built_in):
    outward = built_in.normals[built_in.landmarks[30]]
    assert outward[1] < -0.8
    np.testing.assert_allclose(built_in.smoothed(np.ones(len(built_in.vertices)), 3), 1)
    rough = np.random.default_rng(0).normal(size=(len(built_in.vertices), 2))
    assert built_in.smoothed(rough, 2).std() < 0.6 * rough.std()


def test_landmarks_of_the_built_in_head_lie_where_their_names_say(built_in):
    places = built_in.vertices[built_in.landmarks] * 1e3
    assert len(set(built_in.landmarks.tolist())) == 68
    head = build_sample_head()
    names = {62: "upper lip", 66: "lower lip", 64: "mouth corner left", 42: "inner eye corner left"}
    for number, name in names.items():
        assert built_in.landmarks[number] == head.landmarks[name]
    mirror = [16, *range(15, 7, -1)]
    for right, left in [*enumerate(mirror[:8]), (21, 22), (17, 26), (31, 35), (39, 42), (36, 45), (41, 46), (48, 54)]:
        np.testing.assert_allclose(places[right], places[left] * (-1, 1, 1), atol=0.01)
    assert (np.diff(places[27:31, 2]) < 0).all()
    assert (np.diff(places[42:46, 0]) > 0).all()
    assert places[43, 2] > places[47, 2]
    assert places[51, 2] > places[62, 2] > places[66, 2] > places[57, 2] > places[8, 2]
