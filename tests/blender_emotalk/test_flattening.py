"""A flattened character moves as its lines do, and nothing of the lines or of the animator's is lost."""

import bpy
import numpy as np
import pytest
from emotalk.blender_emotalk import baking, flattening, nla
from emotalk.blender_emotalk.actions import HAS_SLOTS, all_curves
from emotalk.blender_emotalk.characters import find_character
from emotalk.blender_emotalk.keyframes import Timing
from emotalk.inference.contract import EmoTalkError

SETTINGS = baking.KeySettings(0.01, settle_time=0.5)


@pytest.fixture
def rig(add_armature):
    return add_armature()


@pytest.fixture
def head(add_face, rig):
    face = add_face("Head", armature=rig)
    add_face("Teeth", ["jawOpen", "jawLeft", "mouthClose"], rig)
    return face


def bake(performance, face, line, start, settings=SETTINGS):
    scene = bpy.context.scene
    baking.bake(performance, find_character(face, scene), line, Timing.of(scene, start, performance.face.fps), settings)


def flatten(face):
    return flattening.flatten(find_character(face, bpy.context.scene, None), bpy.context.scene)


def motion(frames):
    """(frames, values) of everything that can move, as Blender evaluates it."""
    rows = []
    for frame in frames:
        bpy.context.scene.frame_set(frame)
        rows.append([block.value for key in bpy.data.shape_keys for block in key.key_blocks])
        rows[-1] += [value for obj in bpy.data.objects for value in (*obj.location, *np.ravel(obj.matrix_world))]
        rows[-1] += [
            value for obj in bpy.data.objects if obj.pose for bone in obj.pose.bones for value in bone.matrix.row[1]
        ]
    return np.array(rows)


def curves(action):
    return [
        (curve.data_path, curve.array_index, [tuple(point.co) for point in curve.keyframe_points])
        for curve in all_curves(action)
    ]


@pytest.mark.parametrize("own", ["nothing", "below", "on top", "added on top"])
def test_the_motion_is_the_same_on_every_frame(head, rig, performance, own):
    key = head.data.shape_keys
    rig.keyframe_insert("location", frame=1)
    rig.location.x = 2
    rig.keyframe_insert("location", frame=200)
    settings = SETTINGS
    if own != "nothing":
        for frame, value in ((1, 0.0), (100, 0.4)):
            key.key_blocks["jawOpen"].value = value
            key.key_blocks["jawOpen"].keyframe_insert("value", frame=frame)
        settings = baking.KeySettings(0.01, own_track=own != "below", settle_time=0.5)
        if own == "added on top":
            key.animation_data.action_blend_type = "ADD"
    mine = key.animation_data.action if own != "nothing" else None
    bake(performance(seed=1), head, "one", 1.3, settings)
    bake(performance(seed=2), head, "two", 78, settings)  # the two blend
    bake(performance(seed=3), head, "three", 400, settings)
    bpy.context.scene.frame_set(33, subframe=0.25)
    frames = [*range(-11, 163), *range(388, 485)]
    before = motion(frames)
    bpy.context.scene.frame_set(33, subframe=0.25)
    lines = {action: curves(action) for action in bpy.data.actions}
    result = flatten(head)
    assert (bpy.context.scene.frame_current, bpy.context.scene.frame_subframe) == (33, 0.25)
    assert result.lines == 3
    assert (result.first, result.last) == (-11, 484)
    assert np.abs(motion(frames) - before).max() <= 1e-4
    assert np.ptp(before, axis=0).max() > 0.2
    assert {action: curves(action) for action in lines} == lines
    assert all(action.use_fake_user for action in lines if action.name.startswith("EmoTalk"))
    if own in ("on top", "added on top"):
        assert key.animation_data.action == mine
    else:
        assert key.animation_data.action.name == result.name
    assert rig.animation_data.action.name == "RigAction"
    points = [point.co.x for point in all_curves(bpy.data.actions[result.name])[0].keyframe_points]
    assert all(point == round(point) for point in points)


def test_each_mesh_has_a_slot_for_exporters(head, performance):
    bake(performance(), head, "one", 1)
    action = bpy.data.actions[flatten(head).name]
    if HAS_SLOTS:
        assert {(slot.target_id_type, slot.name_display) for slot in action.slots} == {
            *(("KEY", key.name) for key in bpy.data.shape_keys),
            ("OBJECT", "Rig"),
        }
        assert {key.animation_data.action for key in bpy.data.shape_keys} == {action}
    for key in bpy.data.shape_keys:
        assert all(strip.mute for track in key.animation_data.nla_tracks for strip in track.strips)


@pytest.mark.parametrize("how", ["lift", "animate again", "flatten again"])
def test_the_lines_come_back(head, performance, how):
    bake(performance(seed=1), head, "one", 1)
    bake(performance(seed=2), head, "two", 200)
    frames = range(-20, 300, 3)
    before = motion(frames)
    flatten(head)
    if how == "animate again":
        bake(performance(seed=2), head, "two", 200)
    elif how == "flatten again":
        flatten(head)
        assert sum("Flattened" in action.name for action in bpy.data.actions) == (1 if HAS_SLOTS else 3)
    if how != "animate again":
        flattening.lift(find_character(head, bpy.context.scene))
    np.testing.assert_allclose(motion(frames), before, atol=1e-6)
    names = {action.name.removesuffix(" Head") for action in bpy.data.actions}
    assert names == {"EmoTalk one", "EmoTalk two"}
    assert not any(action.use_fake_user for action in bpy.data.actions)
    baking.clear(find_character(head, bpy.context.scene))
    assert not bpy.data.actions
    assert head.data.shape_keys.animation_data is None


def test_a_flattened_action_that_was_edited_stays_in_the_file(head, performance):
    bake(performance(), head, "one", 1)
    action = bpy.data.actions[flatten(head).name]
    all_curves(action)[0].keyframe_points[5].co.y += 0.2
    baking.clear(find_character(head, bpy.context.scene))
    assert list(bpy.data.actions) == [action]
    assert action.use_fake_user


def test_a_line_that_the_animator_muted_stays_muted(head, performance):
    bake(performance(seed=1), head, "one", 1)
    bake(performance(seed=2), head, "two", 300)
    strip = head.data.shape_keys.animation_data.nla_tracks[0].strips[1]
    strip.mute = True
    before = motion(range(300, 320))
    flatten(head)
    np.testing.assert_allclose(motion(range(300, 320)), before, atol=1e-4)
    flattening.lift(find_character(head, bpy.context.scene))
    muted = [strip.mute for strip in head.data.shape_keys.animation_data.nla_tracks[0].strips]
    assert muted == [False, True]


def test_the_influence_of_the_animators_action_stays(head, performance):
    key = head.data.shape_keys
    key.key_blocks["jawOpen"].keyframe_insert("value", frame=1)
    key.animation_data.action_influence = 0.25
    bake(performance(), head, "one", 1, baking.KeySettings(0.01, own_track=True))
    flatten(head)
    assert key.animation_data.action_influence == 0.25


def test_what_cannot_be_flattened_is_said(head, rig, performance):
    with pytest.raises(EmoTalkError, match="Rig performs no line yet"):
        flatten(head)
    bake(performance(), head, "one", 1)
    head.hide_set(True)
    with pytest.raises(EmoTalkError, match="Head is hidden"):
        flatten(head)
    assert nla.lines_on(head.data.shape_keys)
    assert not flattening.is_flattened(find_character(head, bpy.context.scene))
