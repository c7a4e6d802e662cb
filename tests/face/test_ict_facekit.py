import json

import numpy as np
import pytest
from emotalk.face import arkit
from emotalk.face.errors import EmoTalkError
from emotalk.face.ict_facekit import _with_mouth_inside, read_ict
from emotalk.face.sample_head.palette import SKIN
from emotalk.face.sample_head.parts import Part


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("ict")


@pytest.fixture(scope="module")
def written(folder, ict):
    return ict.write(folder / "FaceXModel")


@pytest.fixture(scope="module")
def head(folder, written):
    return read_ict(folder)


def upright(points):
    return np.stack([points[:, 0], -points[:, 2], points[:, 1]], axis=1) / 100


def test_parts_stand_in_metres_with_their_polygons(head, written):
    vertices, polygons, _ = written
    assert [part.name for part in head.parts] == ["skin", "mouth", "eye left", "eye right", "lashes"]
    kinds = {
        "skin": ("M_Face", "M_BackHead"),
        "mouth": ("M_GumsTongue", "M_Teeth"),
        "eye left": ("M_ScleraLeft",),
        "eye right": ("M_ScleraRight",),
        "lashes": ("M_EyeLashes",),
    }
    for part in head.parts:
        faces = [face for kind in kinds[part.name] for face in polygons[kind]]
        assert len(part.polygons) == len(faces)
        shown = sorted(tuple(part.vertices[k].round(5).tolist() for k in face) for face in map(list, part.polygons))
        meant = sorted(tuple(upright(vertices)[k].astype(np.float32).round(5).tolist() for k in f) for f in faces)
        assert shown == meant
        np.testing.assert_allclose(sum(part.bone_weights.values()), 1, atol=1e-6)


def test_all_53_expressions_bear_arkit_names(head, written):
    _, _, moves = written
    assert len(moves) == 53
    shapes = head.parts[0].shapes
    assert [name for name in shapes if name in arkit.INDEX] == [n for n in arkit.CHANNELS if n != "tongueOut"]
    assert len(shapes) == 55
    skin = np.unique([k for kind in ("M_Face", "M_BackHead") for face in written[1][kind] for k in face])

    def moved(*names):
        return upright(sum(moves[name] for name in names))[skin]

    for name, expected in {
        "jawOpen": moved("jawOpen"),
        "jawLeft": moved("jawLeft"),
        "mouthSmileLeft": moved("mouthSmile_L"),
        "eyeLookUpRight": moved("eyeLookUp_R"),
        "browInnerUp": moved("browInnerUp_L", "browInnerUp_R"),
        "cheekPuff": moved("cheekPuff_L", "cheekPuff_R"),
        "cheekPuff_R": moved("cheekPuff_R"),
    }.items():
        np.testing.assert_allclose(shapes[name], expected, atol=1e-6)


def test_landmarks_are_vertices_of_the_skin(head, written):
    numbers = np.linspace(0, 140, 68).astype(int)
    np.testing.assert_allclose(head.parts[0].vertices[head.landmarks], upright(written[0])[numbers], atol=1e-6)


def test_the_eyes_turn_about_their_bones(head):
    bones = {bone.name: bone for bone in head.bones}
    assert list(bones) == ["neck", "head", "eye.L", "eye.R"]
    for part, bone, left in ((head.parts[2], bones["eye.L"], 1), (head.parts[3], bones["eye.R"], -1)):
        side = "Left" if left == 1 else "Right"
        front = part.vertices[:, 1].argmin()
        arms = part.vertices - np.array(bone.start)
        for name, axis, sign in (("Up", 2, 1), ("Down", 2, -1), ("Out", 0, left), ("In", 0, -left)):
            moves = part.shapes[f"eyeLook{name}{side}"]
            assert moves[front, axis] * sign > 5e-3
            np.testing.assert_allclose(np.linalg.norm(arms + moves, axis=1), np.linalg.norm(arms, axis=1), atol=1e-6)
        assert set(part.polygon_materials.tolist()) == {0, 1, 2}


@pytest.fixture
def damaged(tmp_path, ict):
    ict.write(tmp_path)
    return tmp_path


def _without(name):
    return lambda folder: (folder / name).unlink()


def _text(name, change):
    def do(folder):
        (folder / name).write_text(change((folder / name).read_text("utf-8")), "utf-8")

    return do


def _indices(**changes):
    return _text("vertex_indices.json", lambda text: json.dumps({**json.loads(text), **changes}))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (_without("generic_neutral_mesh.obj"), "choose the folder FaceXModel"),
        (_without("jawOpen.obj"), r"no jawOpen\.obj"),
        (_without("vertex_indices.json"), "no vertex_indices"),
        (_text("jawOpen.obj", lambda text: text.replace("v ", "# ", 1)), "other vertices"),
        (_text("jawOpen.obj", lambda text: text.replace("v ", "v x", 1)), "no numbers"),
        (_text("generic_neutral_mesh.obj", lambda text: text.replace("\nf ", "\nf 99999 ", 1)), "polygons of vertices"),
        (_text("generic_neutral_mesh.obj", lambda text: text.replace("M_EyeLashes", "M_Other")), "no M_EyeLashes"),
        (_text("vertex_indices.json", lambda text: text[:-9]), "damaged"),
        (_indices(expressions=["../secret"]), "lacks expressions"),
        (_indices(idx_to_landmark_verts=[1] * 67), "68 landmarks"),
        (_indices(idx_to_landmark_verts=[10**6] * 68), "vertices that there are not"),
        (_indices(idx_to_landmark_verts=[400] * 68), "do not lie on the skin"),
    ],
)
def test_a_folder_that_is_not_whole_is_refused_in_a_sentence(damaged, damage, words):
    damage(damaged)
    with pytest.raises(EmoTalkError, match=words):
        read_ict(damaged)


def test_only_the_lining_of_the_mouth_has_the_colour_of_gums():
    """A triangle behind the lips, one on them and one below the chin."""
    corner = np.array([(0, 0, 0), (0.001, 0, 0), (0, 0, 0.001)])
    places = [(0, -0.05, -0.03), (0, -0.104, -0.03), (0, -0.05, -0.07)]
    vertices = np.concatenate([corner + place for place in places]).astype(np.float32)
    part = Part("skin", vertices, np.arange(9).reshape(3, 3), (SKIN, SKIN), np.array([0, 1, 0]), {}, {})
    painted = _with_mouth_inside(part)
    assert [painted.materials[kind].name for kind in painted.polygon_materials] == ["Gums", "Skin", "Skin"]
