"""Keys are in sync with the sound, within the tolerance; the animator's work is kept; Clear restores the old state."""

import bpy
import numpy as np
import pytest
from emotalk.blender_emotalk import baking
from emotalk.blender_emotalk.actions import HAS_SLOTS, active_curves
from emotalk.blender_emotalk.characters import find_character
from emotalk.blender_emotalk.head_bones import rotation_values
from emotalk.blender_emotalk.keyframes import Timing
from emotalk.face import arkit
from emotalk.face.arkit import CHANNELS
from emotalk.inference.contract import EmoTalkError

RATES = {
    "23.976": (24, 1.001),
    "24": (24, 1),
    "25": (25, 1),
    "29.97": (30, 1.001),
    "30": (30, 1),
    "60": (60, 1),
    "120": (120, 1),
}
DENSE = baking.KeySettings(tolerance=0, whole_frames=False)
THINNED = baking.KeySettings(tolerance=0.004, whole_frames=False)


def bake(performance, anchor, line="line", start=1.0, settings=DENSE):
    scene = bpy.context.scene
    timing = Timing.of(scene, start, performance.face.fps)
    return baking.bake(performance, find_character(anchor, scene), line, timing, settings).keys


def clear(anchor, line=None):
    return baking.clear(find_character(anchor, bpy.context.scene), line)


def test_curves_are_grouped_by_the_regions_of_the_face(add_face, performance):
    face = add_face()
    bake(performance(), face)
    groups = {curve.data_path.split('"')[1]: curve.group.name for curve in active_curves(face.data.shape_keys)}
    assert groups == {name: region.title() for region, names in arkit.REGIONS.items() for name in names}


def value_at(face, frame, channel="jawOpen"):
    whole = int(np.floor(frame))
    bpy.context.scene.frame_set(whole, subframe=frame - whole)
    return face.data.shape_keys.key_blocks[channel].value


def animator_keys(owner, path, index=-1):
    """An action as the animator makes it: two keys, in the action of the data-block."""
    owner.keyframe_insert(path, index=index, frame=1)
    owner.keyframe_insert(path, index=index, frame=50)
    return owner.animation_data.action


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("start", [-40.0, 1.0, 1001.0])
@pytest.mark.parametrize("settings", [DENSE, THINNED], ids=["dense", "reduced"])
def test_keys_sit_where_the_sound_is(add_face, performance, rate, start, settings):
    render = bpy.context.scene.render
    render.fps, render.fps_base = RATES[rate]
    fps = render.fps / render.fps_base
    face, line = add_face(), performance(frames=45)
    bake(line, face, start=start, settings=settings)
    curves = {curve.data_path: curve for curve in active_curves(face.data.shape_keys)}
    for channel in CHANNELS:
        curve = curves[f'key_blocks["{channel}"].value']
        heard = [curve.evaluate(start + second * fps) for second in line.face.times]
        assert np.abs(heard - line.face.channel(channel)).max() <= settings.tolerance + 2e-4


def test_thinning_leaves_keys_that_can_be_edited(add_face, performance):
    face = add_face()
    dense = bake(performance(frames=300), face)
    assert dense == 300 * len(CHANNELS)
    assert bake(performance(frames=300), face, settings=baking.KeySettings(0.05, whole_frames=False)) < dense / 5
    points = active_curves(face.data.shape_keys)[0].keyframe_points
    assert {point.interpolation for point in points} == {"BEZIER"}


def test_all_meshes_of_a_face_share_one_action_and_slot(add_face, add_armature, performance):
    rig = add_armature()
    head, teeth = add_face("Head", armature=rig), add_face("Teeth", ["jawOpen", "JawLeft"], rig)
    bake(performance(), teeth)
    data = [mesh.data.shape_keys.animation_data for mesh in (head, teeth)]
    assert data[0].action == data[1].action
    assert data[0].action.name == "EmoTalk line"
    if HAS_SLOTS:
        assert data[0].action_slot == data[1].action_slot
        assert rig.animation_data.action == data[0].action
        assert rig.animation_data.action_slot.target_id_type == "OBJECT"
    for frame in (5, 17.4, 40):
        assert value_at(head, frame) == pytest.approx(value_at(teeth, frame), abs=1e-6)
        assert value_at(head, frame, "jawLeft") == pytest.approx(value_at(teeth, frame, "JawLeft"), abs=1e-6)


@pytest.mark.parametrize("mode", ["QUATERNION", "XYZ", "ZYX", "AXIS_ANGLE"])
@pytest.mark.parametrize(
    ("up", "front"), [((0, 0.1, 1), (0, -1, 0)), ((0, 1, 0.1), (0, 0, 1))], ids=["Z is up", "Y is up"]
)
def test_the_head_turns_as_asked_in_any_rotation_mode(add_face, add_armature, performance, mode, up, front):
    rig = add_armature(up=up)
    face = add_face(armature=rig)
    bone = rig.pose.bones["head"]
    bone.rotation_mode = mode
    line = performance()
    line.head.values[[10, 20, 30]] = np.diag([20, 30, 10])
    bake(line, face, start=0, settings=DENSE)
    rest = bone.bone.matrix_local.to_3x3()
    up, front, left = np.round(up), np.array(front), np.array([1, 0, 0])

    def turned(sample, direction):
        frame = sample * 24 / 30
        bpy.context.scene.frame_set(int(frame), subframe=frame % 1)
        return np.array(bone.matrix.to_3x3() @ rest.inverted()) @ direction

    def between(start, end, degrees):
        return pytest.approx(np.cos(np.radians(degrees)) * start + np.sin(np.radians(degrees)) * end, abs=1e-3)

    assert turned(10, front) == between(front, -up, 20)
    assert turned(20, front) == between(front, left, 30)
    assert turned(30, up) == between(up, left, 10)


def test_an_action_of_the_animator_is_kept_on_a_muted_track_and_comes_back(add_face, performance):
    face = add_face()
    key = face.data.shape_keys
    key.key_blocks["browInnerUp"].value = 0.7
    mine = animator_keys(key, 'key_blocks["jawOpen"].value')
    before = [(curve.data_path, [tuple(p.co) for p in curve.keyframe_points]) for curve in active_curves(key)]
    bake(performance(), face)
    assert key.animation_data.action != mine
    assert [(track.mute, track.strips[0].action) for track in key.animation_data.nla_tracks] == [(True, mine)]
    bake(performance(seed=1), face)
    assert len(key.animation_data.nla_tracks) == 1
    assert clear(face) == 1
    assert key.animation_data.action == mine
    assert len(active_curves(key)) == 1
    assert [(curve.data_path, [tuple(p.co) for p in curve.keyframe_points]) for curve in active_curves(key)] == before
    assert not key.animation_data.nla_tracks
    assert list(bpy.data.actions) == [mine]
    assert key.key_blocks["browInnerUp"].value == pytest.approx(0.7)


def test_a_kept_action_comes_back_from_a_renamed_track(add_face, performance):
    face = add_face()
    key = face.data.shape_keys
    mine = animator_keys(key, 'key_blocks["jawOpen"].value')
    bake(performance(), face)
    key.animation_data.nla_tracks[0].name, mine.name = "My keys", "Mine"
    clear(face)
    assert key.animation_data.action == mine
    assert not key.animation_data.nla_tracks
    assert not mine.keys()


@pytest.mark.parametrize("lines", [1, 2])
def test_a_kept_action_comes_back_as_it_was_played(add_face, performance, lines):
    face = add_face()
    key = face.data.shape_keys
    mine = animator_keys(key, 'key_blocks["jawOpen"].value')
    data = key.animation_data
    if HAS_SLOTS:
        mine.slots[0].name_display = "First"
        second = mine.slots.new("KEY", "Second")
        data.action_slot = second
    data.action_blend_type, data.action_influence, data.action_extrapolation = "ADD", 0.5, "NOTHING"
    for number in range(lines):
        bake(performance(seed=number), face, f"line {number}", start=1 + 200 * number)
        assert (data.action_blend_type, data.action_influence) == ("REPLACE", 1)
    clear(face)
    data = key.animation_data
    assert data.action == mine
    assert (data.action_blend_type, data.action_influence, data.action_extrapolation) == ("ADD", 0.5, "NOTHING")
    if HAS_SLOTS:
        assert data.action_slot == second


def test_on_a_track_of_its_own_the_animators_keys_win(add_face, performance):
    face = add_face()
    key = face.data.shape_keys
    key.key_blocks["jawOpen"].value = 0.9
    mine = animator_keys(key, 'key_blocks["jawOpen"].value')
    line = performance()
    bake(line, face, start=1, settings=baking.KeySettings(0, own_track=True, whole_frames=False))
    assert key.animation_data.action == mine
    assert value_at(face, 9) == pytest.approx(0.9)
    assert value_at(face, 9, "jawLeft") == pytest.approx(line.face.channel("jawLeft")[10], abs=1e-4)
    clear(face)
    assert key.animation_data.action == mine
    assert not key.animation_data.nla_tracks


def test_the_bodys_action_stays_active(add_face, add_armature, performance):
    rig = add_armature()
    face = add_face(armature=rig)
    mine = animator_keys(rig, "location")
    bake(performance(), face)
    assert rig.animation_data.action == mine
    bpy.context.scene.frame_set(20)
    assert rig.pose.bones["head"].rotation_quaternion.angle > 0.001
    clear(face)
    assert rig.animation_data.action == mine
    assert not rig.animation_data.nla_tracks
    assert rig.pose.bones["head"].rotation_quaternion.angle == pytest.approx(0)


@pytest.mark.parametrize("start", [-300.7, -20.5, 0, 0.4, 33.3, 1000.9])
def test_a_strip_leaves_the_keys_at_their_frames(add_face, add_armature, performance, start):
    face = add_face(armature=add_armature())
    line = performance()
    bake(line, face, start=start, settings=baking.KeySettings(0, own_track=True, whole_frames=False))
    assert face.data.shape_keys.animation_data.nla_tracks[0].strips[0].scale == 1
    for sample in (0, 10, 77, 89):
        expected = line.face.channel("jawOpen")[sample]
        assert value_at(face, start + sample * 0.8) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("order", [("first", "second"), ("second", "first")])
def test_two_lines_of_one_character_are_both_performed(add_face, add_armature, performance, order):
    rig = add_armature()
    face = add_face(armature=rig)
    lines = {"first": (10.3, performance(seed=1)), "second": (200.0, performance(seed=2))}
    for name in order:
        bake(lines[name][1], face, name, start=lines[name][0])
    for frame, name, sample in ((10.3 + 8, "first", 10), (208, "second", 10), (18.3, "first", 10)):
        assert value_at(face, frame) == pytest.approx(lines[name][1].face.channel("jawOpen")[sample], abs=1e-3)
    assert value_at(face, 150) == pytest.approx(lines["first"][1].face.channel("jawOpen")[-1], abs=1e-3)
    assert clear(face, "first") == 1
    assert value_at(face, 208) == pytest.approx(lines["second"][1].face.channel("jawOpen")[10], abs=1e-3)
    assert clear(face, "first") == 0
    assert clear(face) == 1
    assert not bpy.data.actions
    assert face.data.shape_keys.animation_data is None
    assert value_at(face, 208) == 0


def test_lines_that_overlap_are_both_kept(add_face, performance):
    face = add_face()
    bake(performance(seed=1), face, "one", start=1)
    bake(performance(seed=2), face, "two", start=30)
    assert baking.lines_of(find_character(face, bpy.context.scene)) == ["one", "two"]
    assert value_at(face, 38) == pytest.approx(performance(seed=2).face.channel("jawOpen")[10], abs=0.02)


def test_clear_leaves_a_face_as_it_was(add_face, performance):
    face = add_face()
    key = face.data.shape_keys
    key.key_blocks["mouthPucker"].value = 0.25
    bake(performance(), face)
    value_at(face, 30)
    clear(face)
    assert key.animation_data is None
    assert {block.value for block in key.key_blocks if block.name != "mouthPucker"} - {1.0} == {0.0}
    assert key.key_blocks["mouthPucker"].value == 0.25


def test_keys_that_the_animator_edited_stay_in_the_file(add_face, add_armature, performance, tmp_path):
    aside = baking.KeySettings(0.004, reapply_edits=False)
    face = add_face(armature=add_armature())
    bake(performance(), face, settings=aside)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    face = bpy.data.objects["Face"]
    curve = active_curves(face.data.shape_keys)[0]
    curve.update()
    bake(performance(), face, settings=aside)
    assert not any(action.name.endswith("(edited)") for action in bpy.data.actions)
    curve = active_curves(face.data.shape_keys)[0]
    curve.keyframe_points[1].co.y += 0.1
    curve.update()
    bake(performance(), face, settings=aside)
    bake(performance(), face, settings=aside)
    edited = bpy.data.actions["EmoTalk line (edited)"]
    assert edited.use_fake_user
    assert not [name for name in edited.keys() if name.startswith("emotalk") and name != "emotalk_before"]  # noqa: SIM118
    clear(face)
    assert list(bpy.data.actions) == [edited]


def test_two_runs_write_the_same_bytes(add_face, performance, key_bytes):
    face = add_face()
    bake(performance(), face, settings=THINNED)
    first = key_bytes(face)
    bake(performance(), face, settings=THINNED)
    assert key_bytes(face) == first


def test_tweak_mode_is_refused(add_face, performance):
    face = add_face()
    for name in ("one", "two"):
        bake(performance(), face, name, start={"one": 1, "two": 300}[name])
    face.data.shape_keys.animation_data.nla_tracks[0].strips[0].select = True
    face.data.shape_keys.animation_data.use_tweak_mode = True
    actions = set(bpy.data.actions)
    with pytest.raises(EmoTalkError, match="leave tweak mode"):
        bake(performance(), face, "three")
    with pytest.raises(EmoTalkError, match="leave tweak mode"):
        clear(face)
    assert set(bpy.data.actions) == actions


@pytest.mark.parametrize("tolerance", [0.004, 0.01])
def test_reduced_keys_of_the_head_miss_it_by_half_the_tolerance_in_radians_at_most(
    add_face, add_armature, performance, tolerance
):
    rig = add_armature()
    face = add_face(armature=rig)
    line = performance(frames=200)
    bake(line, face, settings=baking.KeySettings(tolerance, whole_frames=False))
    expected = rotation_values(line.head.values, rig.pose.bones["head"])
    curves = [curve for curve in active_curves(rig) if "rotation" in curve.data_path]
    assert len(curves) == expected.shape[1]
    for curve in curves:
        keyed = [curve.evaluate(1 + 0.8 * sample) for sample in range(200)]
        assert np.abs(keyed - expected[:, curve.array_index]).max() <= 0.5 * tolerance + 1e-5


def test_an_action_comes_back_with_its_blending_and_influence(add_face, performance):
    face = add_face()
    key = face.data.shape_keys
    animator_keys(key, 'key_blocks["jawOpen"].value')
    data = key.animation_data
    data.action_blend_type, data.action_influence, data.action_extrapolation = "ADD", 0.5, "NOTHING"
    bake(performance(), face)
    assert (data.action_blend_type, data.action_influence) == ("REPLACE", 1)
    clear(face)
    assert (data.action_blend_type, data.action_influence, data.action_extrapolation) == ("ADD", 0.5, "NOTHING")


@pytest.mark.parametrize("own_track", [False, True])
def test_a_line_of_a_single_frame_is_written_and_cleared(add_face, performance, own_track):
    face = add_face()
    line = performance(frames=1)
    bake(line, face, start=7, settings=baking.KeySettings(0, own_track=own_track))
    assert value_at(face, 7) == pytest.approx(line.face.channel("jawOpen")[0], abs=1e-6)
    clear(face)
    assert face.data.shape_keys.animation_data is None
