"""What a character plays comes back as the curves that were written, or as those that look the same."""

import bpy
import numpy as np
import pytest
from emotalk.blender_emotalk import baking, mapping_desk
from emotalk.blender_emotalk.actions import active_curves
from emotalk.blender_emotalk.characters import find_character
from emotalk.blender_emotalk.flame_heads import add_flame_head
from emotalk.blender_emotalk.keyframes import Timing
from emotalk.blender_emotalk.played_curves import flame_of, read_performance
from emotalk.face.arkit import CHANNELS
from emotalk.face.basis import ARKIT, EYES, FLAME, HEAD
from emotalk.face.curves import FaceCurves, Performance, performance_of, still
from emotalk.face.eyes import merge_eyes
from emotalk.face.flame.model import save_model
from emotalk.face.mapping import Mapping, Row, Target
from emotalk.inference.contract import EmoTalkError

EVERY_FRAME = baking.KeySettings(0, whole_frames=False)


def bake(anchor, made, start=1, line="line", settings=EVERY_FRAME):
    scene = bpy.context.scene
    character = find_character(anchor, scene, made.face.basis)
    return baking.bake(made, character, line, Timing.of(scene, start, made.face.fps), settings)


def read(anchor, frames, first=1, fps=None, basis=None):
    scene = bpy.context.scene
    rate = scene.render.fps / scene.render.fps_base
    last = first + (frames - 1) * rate / (fps or rate)
    return read_performance(anchor, scene, first, last, fps, basis)


def largest_error(take, made, columns=slice(None)):
    merged = merge_eyes(made)
    return np.abs(take.performance.face.values[:, columns] - merged.face.values[:, columns]).max()


@pytest.mark.parametrize(("rate", "fps", "start"), [(30, 30.0, 1), (24, 30.0, 17), (25, 60.0, -40)])
def test_written_keys_come_back(add_face, add_armature, performance, rate, fps, start):
    rig = add_armature()
    face = add_face("Head", armature=rig)
    add_face("Teeth", ["jawOpen", "mouth_smile_left"], rig)
    bpy.context.scene.render.fps = rate
    bpy.context.scene.frame_set(5)
    made = performance(60, fps)
    bake(rig, made, start)
    take = read(face, 60, start, fps)
    assert take.performance.face.basis is ARKIT
    assert (take.performance.face.frames, take.performance.face.fps) == (60, fps)
    assert largest_error(take, made) <= 1e-4
    assert np.abs(take.performance.head.values - made.head.values).max() <= 1e-3
    assert take.remarks == ()
    assert bpy.context.scene.frame_current == 5


@pytest.mark.parametrize("mode", ["QUATERNION", "AXIS_ANGLE", "XYZ", "ZXY"])
@pytest.mark.parametrize("up", [(0, 0.1, 1), (0, 1, 0.1)])
def test_the_head_comes_back_in_every_rotation_mode(add_face, add_armature, performance, mode, up):
    rig = add_armature(up=up)
    face = add_face(armature=rig)
    rig.pose.bones["head"].rotation_mode = mode
    made = performance(20)
    bpy.context.scene.render.fps = 30
    bake(rig, made)
    assert np.abs(read(face, 20).performance.head.values - made.head.values).max() <= 1e-3


def test_lines_on_nla_tracks_and_drivers_are_evaluated(add_face, performance):
    face = add_face()
    bpy.context.scene.render.fps = 30
    first, second = performance(30, seed=1), performance(30, seed=2)
    bake(face, first, 1, "one")
    bake(face, second, 61, "two")
    assert face.data.shape_keys.animation_data.nla_tracks
    face["puff"] = 0.25
    driver = face.data.shape_keys.key_blocks["cheekPuff"].driver_add("value").driver
    variable = driver.variables.new()
    variable.name, variable.targets[0].id, variable.targets[0].data_path = "puff", face, '["puff"]'
    driver.expression = "puff * puff + 0.5"
    for start, made in ((1, first), (61, second)):
        take = read(face, 30, start)
        columns = [column for column in range(52) if CHANNELS[column] != "cheekPuff"]
        assert largest_error(take, made, columns) <= 1e-4
        np.testing.assert_allclose(take.performance.face.channel("cheekPuff"), 0.5625, atol=1e-6)


def test_keys_of_the_animator_are_read_too(add_face):
    face = add_face()
    block = face.data.shape_keys.key_blocks["jawOpen"]
    block.slider_max = 2
    for frame, value in ((1, 0.0), (11, 1.5)):
        block.value = value
        block.keyframe_insert("value", frame=frame)
    (curve,) = active_curves(face.data.shape_keys)
    curve.keyframe_points[0].interpolation = "LINEAR"
    take = read(face, 11)
    np.testing.assert_allclose(take.performance.face.channel("jawOpen"), np.linspace(0, 1.5, 11), atol=1e-5)
    assert not take.performance.clamped


def test_a_mesh_that_nobody_keyed_does_not_count(add_face, add_armature):
    rig = add_armature()
    add_face("A teeth", ["jawOpen"], rig)
    face = add_face("Head", ["jawOpen", "jawLeft"], rig)
    block = face.data.shape_keys.key_blocks["jawOpen"]
    for frame in (1, 5):
        block.value = frame / 10
        block.keyframe_insert("value", frame=frame)
    for anchor in (rig, bpy.data.objects["A teeth"]):
        found = read(anchor, 5).performance.face.channel("jawOpen")
        assert (found[0], found[4]) == (pytest.approx(0.1), pytest.approx(0.5))


def test_bones_properties_and_shared_keys_of_a_mapping(add_face, add_armature, performance):
    rig = add_armature()
    face = add_face(names=["Wink.L", "Smile", "MBP"], armature=rig)
    rig["brows"] = 0.0
    rows = (
        Row(Target("shape_key", "Wink.L"), (("eyeBlinkLeft", 1.0),), gain=0.5, offset=0.1),
        Row(Target("shape_key", "Smile"), (("mouthSmileLeft", 1.0), ("mouthSmileRight", 1.0)), combine="mean"),
        Row(Target("rotation", "head", 0), (("jawOpen", 0.35),)),
        Row(Target("rotation", "head", 2), (("jawLeft", 0.2), ("jawRight", -0.2))),
        Row(Target("location", "head", 1), (("jawForward", -0.02),)),
        Row(Target("property", "brows"), (("browInnerUp", 2.0),)),
        Row(Target("shape_key", "gone"), (("tongueOut", 1.0),)),
    )
    mapping_desk.store(rig, Mapping(rows))
    made = performance(20)
    values = made.face.values.copy()
    values[:, ARKIT.columns(("jawLeft",))] = 0
    made = performance_of(made.face.with_values(values))
    bpy.context.scene.render.fps = 30
    bake(face, made)
    take = read(face, 20)
    alone = ARKIT.columns(("eyeBlinkLeft", "jawOpen", "jawForward", "browInnerUp"))
    assert largest_error(take, made, alone) <= 1e-4
    found = take.performance.face
    mean = (made.face.channel("mouthSmileLeft") + made.face.channel("mouthSmileRight")) / 2
    np.testing.assert_allclose(found.channel("mouthSmileLeft"), mean, atol=1e-4)
    np.testing.assert_allclose(found.channel("mouthSmileRight"), mean, atol=1e-4)
    np.testing.assert_allclose(found.channel("jawRight"), made.face.channel("jawRight"), atol=1e-4)
    assert "Only together can be told: jawLeft, jawRight, mouthSmileLeft and mouthSmileRight" in take.remarks
    assert any("tongue" in remark for remark in take.remarks)


def test_eyes_of_a_face_without_channels_for_them(add_face):
    names = [*FLAME(3).channels, "blink"]
    face = add_face(names=names)
    for block in face.data.shape_keys.key_blocks[1:]:
        block.slider_min, block.slider_max = -5, 5
    rows = [Row(Target("shape_key", name), ((name, 1.0),)) for name in names[:-1]]
    mapping_desk.store(face, Mapping((*rows, Row(Target("shape_key", "blink"), (("blinkLeft", 0.5),)))))
    generator = np.random.default_rng(0)
    eyes = FaceCurves(generator.random((10, 4)).astype(np.float32), EYES, 24.0)
    made = Performance(
        FaceCurves(generator.normal(0, 1, (10, 6)).astype(np.float32), FLAME(3), 24.0), still(HEAD, 10, 24.0), eyes
    )
    bake(face, made)
    take = read(face, 10, basis=FLAME(3))
    assert np.abs(take.performance.face.values - made.face.values).max() <= 1e-4
    np.testing.assert_allclose(take.performance.eyes.channel("blinkLeft"), eyes.channel("blinkLeft"), atol=1e-4)


def test_a_flame_head_gives_expression_and_jaw(flame_model, tmp_path):
    save_model(flame_model, tmp_path / "model.npz")
    armature = add_flame_head(flame_model, tmp_path / "model.npz", bpy.context.scene.collection)
    basis = flame_of(armature, bpy.context.scene)
    assert basis is FLAME(flame_model.expressions.shape[2])
    generator = np.random.default_rng(0)
    values = generator.normal(0, 0.2, (6, len(basis))).astype(np.float32)
    head = FaceCurves(generator.normal(0, 8, (6, 3)).astype(np.float32), HEAD, 24.0)
    made = Performance(FaceCurves(values, basis, 24.0), head, still(EYES, 6, 24.0))
    bake(armature, made)
    take = read(armature, 6, basis=basis)
    assert np.abs(take.performance.face.values - values).max() <= 1e-4
    assert np.abs(take.performance.head.values - head.values).max() <= 1e-3
    assert take.remarks == ()


def test_what_cannot_be_read_is_a_sentence(add_face):
    scene = bpy.context.scene
    with pytest.raises(EmoTalkError, match="No character is selected"):
        read_performance(None, scene, 1, 10)
    face = add_face("Blob", ["a", "b"])
    with pytest.raises(EmoTalkError, match="Nothing of 'Blob' has a name that EmoTalk knows"):
        read_performance(face, scene, 1, 10)
    with pytest.raises(EmoTalkError, match="is no FLAME head"):
        flame_of(face, scene)
    face = add_face("Face")
    for first, last in ((10, 9), (0, 10**8)):
        with pytest.raises(EmoTalkError, match=r"has no frames, or too many"):
            read_performance(face, scene, first, last)
    face.hide_set(True)
    with pytest.raises(EmoTalkError, match="Face is hidden"):
        read_performance(face, scene, 1, 10)


def test_progress_is_told_and_the_frame_comes_back_when_it_is_cancelled(add_face):
    face, told = add_face(), []
    bpy.context.scene.frame_set(7)

    def stop(share, _text):
        told.append(share)
        if len(told) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_performance(face, bpy.context.scene, 1, 10, progress=stop)
    assert told == pytest.approx([0.1, 0.2, 0.3])
    assert bpy.context.scene.frame_current == 7


def test_shape_keys_that_bones_drive_are_read_as_they_are(add_face, add_armature, performance):
    rig = add_armature()
    face = add_face(armature=rig)
    driver = face.data.shape_keys.key_blocks["jawOpen"].driver_add("value").driver
    variable = driver.variables.new()
    variable.name, variable.type = "var", "TRANSFORMS"
    variable.targets[0].id, variable.targets[0].bone_target = rig, "head"
    variable.targets[0].transform_type, variable.targets[0].transform_space = "LOC_Y", "LOCAL_SPACE"
    driver.expression = "max(0, var / 3)"
    bpy.context.scene.render.fps = 30
    made = performance(20)
    bake(face, made)
    assert rig.animation_data.action
    assert largest_error(read(face, 20), made) <= 1e-4


def test_a_linked_character_is_read(add_face, performance, tmp_path):
    face = add_face("Ann")
    bpy.context.scene.render.fps = 30
    made = performance(20)
    bake(face, made)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "ann.blend"))
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    with bpy.data.libraries.load(str(tmp_path / "ann.blend"), link=True) as (_there, linked):
        linked.objects = ["Ann"]
    (face,) = linked.objects
    scene = bpy.context.scene
    scene.collection.objects.link(face)
    scene.render.fps = 30
    take = read_performance(face, scene, 1, 20)
    assert largest_error(take, made) <= 1e-4
