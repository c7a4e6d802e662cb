import numpy as np
import pytest
from emotalk.face import arkit
from emotalk.face.sample_head import build_sample_head, posed


def corners_of(part, direction):
    """The edges of a mesh as (start, end) vertex numbers, in one direction of travel."""
    edges = []
    for polygon in part.polygons:
        ring = [int(k) for k in polygon]
        edges += list(zip(ring, ring[1:] + ring[:1], strict=True))
    return {edge if direction > 0 else edge[::-1] for edge in edges}


def volume_of(vertices, polygons):
    total = 0.0
    for polygon in polygons:
        corners = vertices[np.asarray(polygon)]
        total += sum(np.dot(corners[0], np.cross(corners[k], corners[k + 1])) for k in range(1, len(corners) - 1))
    return total / 6


def test_is_always_built_the_same():
    again = build_sample_head.__wrapped__()
    for name, part in build_sample_head().parts.items():
        assert part.vertices.tobytes() == again.parts[name].vertices.tobytes()
        for key, moves in part.shapes.items():
            assert moves.tobytes() == again.parts[name].shapes[key].tobytes()


def test_has_the_size_of_an_adult_and_stands_on_its_neck(head):
    skin = head.parts["skin"]
    left, right = (skin.vertices[head.landmarks[f"outer eye corner {side}"]] for side in ("left", "right"))
    assert 0.089 <= np.linalg.norm(left - right) <= 0.095
    assert left[0] > 0 > right[0]
    height = np.ptp(np.concatenate([part.vertices for part in head.parts.values()])[:, 2])
    assert 0.25 < height < 0.32
    assert skin.vertices[:, 2].min() == pytest.approx(0, abs=1e-4)
    mouth = skin.vertices[head.landmarks["upper lip"]]
    assert mouth[1] < -0.08  # it looks along -Y


def test_skin_has_all_52_shapes_and_no_part_has_another(head):
    assert tuple(head.parts["skin"].shapes) == arkit.CHANNELS
    for part in head.parts.values():
        assert set(part.shapes) <= set(arkit.CHANNELS)
        for moves in part.shapes.values():
            assert moves.shape == part.vertices.shape
            assert np.isfinite(moves).all()


@pytest.mark.parametrize(
    ("part", "shapes"),
    [
        ("eye left", {"eyeLookUpLeft", "eyeLookDownLeft", "eyeLookInLeft", "eyeLookOutLeft"}),
        ("eye right", {"eyeLookUpRight", "eyeLookDownRight", "eyeLookInRight", "eyeLookOutRight"}),
        ("teeth upper", set()),
        ("teeth lower", {"jawOpen", "jawLeft", "jawRight", "jawForward", "tongueOut"}),
        ("tongue", {"jawOpen", "jawLeft", "jawRight", "jawForward", "tongueOut"}),
    ],
)
def test_hard_and_inner_parts_move_where_they_should(head, part, shapes):
    assert set(head.parts[part].shapes) == shapes


def test_brows_and_lashes_ride_on_the_skin(head):
    brow_channels = {name for name in arkit.CHANNELS if name.startswith("brow")}
    assert brow_channels <= set(head.parts["brows"].shapes)
    assert {"eyeBlinkLeft", "eyeBlinkRight"} <= set(head.parts["lashes"].shapes)


@pytest.mark.parametrize("part", ["skin", "brows", "lashes", "teeth lower", "tongue"])
def test_left_and_right_shapes_mirror_each_other(head, part):
    shapes = head.parts[part].shapes
    for name in shapes:
        left, right = (np.sort(np.linalg.norm(shapes[key], axis=1)) for key in (name, arkit.mirrored(name)))
        np.testing.assert_allclose(left, right, atol=2e-6)


def test_sided_shapes_move_their_own_side_most(head):
    skin = head.parts["skin"]
    for name in arkit.CHANNELS:
        if name.endswith("Left") and not name.startswith(("jaw", "mouthLeft")):
            amount = np.linalg.norm(skin.shapes[name], axis=1)
            assert amount[skin.vertices[:, 0] > 0].sum() > 5 * amount[skin.vertices[:, 0] < 0].sum(), name


@pytest.mark.parametrize("name", ["skin", "teeth upper", "teeth lower", "tongue", "brows", "lashes", "collar"])
def test_surfaces_face_outwards_and_fit_edge_to_edge(head, name):
    part = head.parts[name]
    assert volume_of(part.vertices.astype(float), part.polygons) > 0
    open_edges = corners_of(part, 1) ^ corners_of(part, -1)
    heights = part.vertices[[vertex for edge in open_edges for vertex in edge], 2]
    assert (heights < 1e-4).all()  # the rim of the neck, closed by a lid of its own vertices


def test_skin_is_made_of_quads(head):
    assert {len(polygon) for polygon in head.parts["skin"].polygons} == {4}


def test_bone_weights_sum_to_one_and_name_bones(head):
    names = {bone.name for bone in head.bones}
    assert names == {"neck", "head", "jaw", "eye.L", "eye.R"}
    for part in head.parts.values():
        assert set(part.bone_weights) <= names
        np.testing.assert_allclose(np.sum(list(part.bone_weights.values()), axis=0), 1, atol=1e-5)


def test_eye_bones_stand_in_the_middle_of_the_eyeballs(head):
    bones = {bone.name: bone for bone in head.bones}
    for side, bone in (("left", bones["eye.L"]), ("right", bones["eye.R"])):
        vertices = head.parts[f"eye {side}"].vertices
        assert np.linalg.norm(vertices - bone.start, axis=1).max() < 0.0181
        assert bone.end[1] < bone.start[1]


def test_posing_is_linear(head):
    rng = np.random.default_rng(0)
    first, second = rng.random((2, len(arkit.CHANNELS)))
    skin = head.parts["skin"]
    apart = posed(skin, first) + posed(skin, second) - skin.vertices
    np.testing.assert_allclose(posed(skin, first + second), apart, atol=1e-6)


def test_the_face_belongs_to_the_head_and_the_collar_to_the_neck(head):
    skin = head.parts["skin"]
    face = (skin.vertices[:, 1] < -0.06) & (skin.vertices[:, 2] > 0.05)
    assert skin.bone_weights["neck"][face].max() < 0.05
    below_collar = skin.vertices[:, 2] < 0.02
    assert skin.bone_weights["neck"][below_collar].min() > 0.95
    assert set(head.parts["collar"].bone_weights) == {"neck"}


def test_weights_of_the_jaw_bone_follow_the_shape(head):
    skin = head.parts["skin"]
    amount = np.linalg.norm(skin.shapes["jawOpen"], axis=1)
    assert amount[skin.bone_weights["jaw"] == 0].max() < 3e-3
    assert skin.bone_weights["jaw"][head.landmarks["lower lip"]] > 0.95
    assert skin.bone_weights["jaw"][head.landmarks["upper lip"]] < 0.05
