import bpy
import numpy as np
import pytest
from emotalk.blender_emotalk import baking, flame_heads
from emotalk.blender_emotalk.actions import active_curves
from emotalk.blender_emotalk.characters import find_character
from emotalk.blender_emotalk.flame_heads import add_flame_head, bake_identity, is_flame_head, keys_of
from emotalk.blender_emotalk.keyframes import Timing
from emotalk.face import arkit
from emotalk.face.basis import ARKIT, EYES, FLAME, HEAD
from emotalk.face.curves import FaceCurves, Performance, still
from emotalk.face.errors import EmoTalkError
from emotalk.face.flame import head
from emotalk.face.flame.arkit_shapes import solve_arkit_shapes, upright
from emotalk.face.flame.model import JOINTS, save_model
from emotalk.face.flame.skinning import joints_of, pose_features, posed, rotations_of, shaped

TENTH_OF_A_MILLIMETRE = 1e-4


@pytest.fixture(scope="session")
def converted(flame_model, tmp_path_factory):
    path = tmp_path_factory.mktemp("flame") / "model.npz"
    save_model(flame_model, path)
    return path


@pytest.fixture(scope="session")
def solved_before():
    return {}


@pytest.fixture(autouse=True)
def solve_once(solved_before, monkeypatch):
    """The shapes of an identity are solved once in a session; what is tested here is Blender's side."""

    def solve(model, identity):
        name = "" if identity is None else identity.tobytes()
        if name not in solved_before:
            solved_before[name] = solve_arkit_shapes(model, identity)
        return solved_before[name]

    monkeypatch.setattr(head, "solve_arkit_shapes", solve)


@pytest.fixture(autouse=True)
def own_folder(converted, monkeypatch):
    monkeypatch.setattr(flame_heads, "user_folder", lambda name: converted.parent)


@pytest.fixture
def armature(flame_model, converted):
    return add_flame_head(flame_model, converted, bpy.context.scene.collection, 3)


def turn_bones(armature, pose):
    """Neck, eyes and root by their bones, the jaw by its sliders."""
    for axis, name in enumerate(("jaw_x", "jaw_y", "jaw_z")):
        keys_of(armature).key_blocks[name].value = pose[2, axis]
    for joint, name in enumerate(JOINTS):
        if name != "jaw":
            bone = armature.pose.bones[name]
            bone.rotation_mode = "AXIS_ANGLE"
            angle = float(np.linalg.norm(pose[joint]))
            bone.rotation_axis_angle = (angle, *(pose[joint] / (angle or 1)))


def evaluated(armature):
    bpy.context.view_layer.update()
    mesh = armature.children[0].evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    points = np.empty(3 * len(mesh.vertices), np.float32)
    mesh.vertices.foreach_get("co", points)
    return points.reshape(-1, 3)


@pytest.mark.parametrize("seed", range(8))
def test_blender_poses_the_head_as_flame_does(flame_model, armature, seed):
    rng = np.random.default_rng(seed)
    expression, pose = rng.normal(size=100), rng.normal(scale=0.3, size=(5, 3))
    for number, value in enumerate(expression):
        keys_of(armature).key_blocks[f"Exp{number:03}"].value = value
    turn_bones(armature, pose)
    expected = posed(flame_model, None, expression, pose, joints=joints_of(flame_model, flame_model.template))
    assert np.abs(evaluated(armature) - upright(expected)).max() < TENTH_OF_A_MILLIMETRE


def test_the_correctives_follow_each_joint(flame_model, armature):
    rng = np.random.default_rng(1)
    for joint in range(1, 5):
        pose = np.zeros((5, 3))
        pose[joint] = rng.normal(scale=0.4, size=3)
        turn_bones(armature, pose)
        bpy.context.view_layer.update()
        key = keys_of(armature).evaluated_get(bpy.context.evaluated_depsgraph_get())
        values = [key.key_blocks[f"Pose{number:03}"].value for number in range(36)]
        np.testing.assert_allclose(values, pose_features(rotations_of(pose)), atol=1e-5)


def test_sliders_show_coefficients_beyond_0_and_1(armature):
    blocks = keys_of(armature).key_blocks
    for name in ("Exp000", "Exp099", "Shape002", "jaw_x", "Pose035"):
        assert (blocks[name].slider_min, blocks[name].slider_max) == (-10, 10)
    assert (blocks["jawOpen"].slider_min, blocks["jawOpen"].slider_max) == (0, 1)
    blocks["Exp003"].value = -4.5
    assert blocks["Exp003"].value == -4.5
    assert all(block.value == 0 for block in blocks[1:] if block.name != "Exp003")


def test_both_bases_find_the_head(armature):
    scene = bpy.context.scene
    for anchor in (armature, armature.children[0]):
        face = find_character(anchor, scene, ARKIT)
        assert set(face.shape_keys) == set(arkit.CHANNELS) - {"tongueOut"}
        assert face.head_bone == "neck"
        for basis in (FLAME(100), FLAME(50)):
            assert set(find_character(anchor, scene, basis).shape_keys) == set(basis.channels)


@pytest.mark.parametrize("basis", [ARKIT, FLAME(50)])
def test_a_performance_plays_on_it(armature, performance, basis):
    scene = bpy.context.scene
    line = performance(30)
    if basis is not ARKIT:
        values = np.random.default_rng(0).normal(size=(30, len(basis))).astype(np.float32)
        face = FaceCurves(values, basis, 30.0)
        line = Performance(face, still(HEAD, 30, 30.0), still(EYES, 30, 30.0))
    scene.render.fps = 30
    timing = Timing.of(scene, 1, 30.0)
    baking.bake(line, find_character(armature, scene, basis), "line", timing, baking.KeySettings(0.0))
    paths = {curve.data_path for curve in active_curves(keys_of(armature))}
    scene.frame_set(11)
    blocks = keys_of(armature).key_blocks
    for name in ("jawOpen", "mouthPucker") if basis is ARKIT else ("exp007", "jaw_x"):
        block = blocks[name.replace("exp", "Exp")]
        assert block.path_from_id("value") in paths
        assert block.value == pytest.approx(float(line.face.channel(name)[10]), abs=1e-5)


def test_an_identity_is_baked(flame_model, armature):
    identity = np.array([1.5, -2.0, 0.5])
    blocks = keys_of(armature).key_blocks
    for number, value in enumerate(identity):
        blocks[f"Shape{number:03}"].value = value
    shown = evaluated(armature)
    bake_identity(armature)
    assert all(blocks[f"Shape{number:03}"].value == 0 for number in range(3))
    np.testing.assert_allclose(evaluated(armature), shown, atol=1e-6)
    expression, pose = np.full(4, 1.0), np.full((5, 3), 0.2)
    for number, value in enumerate(expression):
        blocks[f"Exp{number:03}"].value = value
    turn_bones(armature, pose)
    joints = joints_of(flame_model, shaped(flame_model, identity))
    expected = posed(flame_model, identity, expression, pose, joints=joints)
    assert np.abs(evaluated(armature) - upright(expected)).max() < TENTH_OF_A_MILLIMETRE
    np.testing.assert_allclose(armature.data.bones["jaw"].head_local, upright(joints)[2], atol=1e-6)


def test_identities_add_up(flame_model, armature):
    for _ in range(2):
        keys_of(armature).key_blocks["Shape001"].value = 1
        bake_identity(armature)
    np.testing.assert_allclose(evaluated(armature), upright(shaped(flame_model, np.array([0, 2.0]))), atol=1e-6)


def test_a_head_without_its_model_is_not_baked(flame_model, tmp_path, monkeypatch):
    monkeypatch.setattr(flame_heads, "user_folder", lambda name: tmp_path)
    save_model(flame_model, tmp_path / "gone.npz")
    armature = add_flame_head(flame_model, tmp_path / "gone.npz", bpy.context.scene.collection, 1)
    (tmp_path / "gone.npz").unlink()
    keys_of(armature).key_blocks["Shape000"].value = 1
    with pytest.raises(EmoTalkError, match="import FLAME's file again"):
        bake_identity(armature)
    assert keys_of(armature).key_blocks["Shape000"].value == 1


def test_a_scene_holds_no_folder_of_this_computer(armature, converted):
    assert armature["emotalk_flame_model"] == converted.name


def test_what_is_no_flame_head(add_armature):
    assert not is_flame_head(None)
    assert not is_flame_head(add_armature())
