"""Performing a line again writes to the curves that are there, and only where nothing is lost by that."""

import bpy
import numpy as np
import pytest
from emotalk.blender_emotalk import baking, hand_edits, nla, rewriting
from emotalk.blender_emotalk.actions import active_curves, all_curves
from emotalk.blender_emotalk.characters import find_character
from emotalk.blender_emotalk.keyframes import Timing

TIMING = Timing(1.0, 0.8)


@pytest.fixture
def rig(add_face, add_armature):
    rig = add_armature()
    add_face(armature=rig)
    add_face("Teeth", ("jawOpen", "mouthClose"), armature=rig)
    return rig


def bake(rig, made, timing=TIMING, is_draft=False, **settings):
    scene = bpy.context.scene
    character = find_character(rig, scene)
    keys = baking.KeySettings(0.01, **settings)
    return baking.bake(made, character, "line", timing, keys, is_draft=is_draft).keys


def numbers(action):
    """Everything that the curves of an action are made of."""
    found = {}
    for curve in all_curves(action):
        for attribute in ("co", "handle_left", "handle_right"):
            values = np.empty(2 * len(curve.keyframe_points), np.float32)
            curve.keyframe_points.foreach_get(attribute, values)
            found[curve.data_path, curve.array_index, attribute] = values.tobytes()
        kinds = [(p.interpolation, p.handle_left_type, p.handle_right_type) for p in curve.keyframe_points]
        found[curve.data_path, curve.array_index, "kinds"] = (kinds, curve.group.name)
    return found


def action_of(rig):
    return nla.lines_on(rig)["line"]


def forget():
    rewriting._layouts.clear()


@pytest.mark.parametrize("tolerance_like", [{}, {"settle_time": 0.5}, {"own_track": True}])
def test_the_same_keys_stand_there_as_in_new_actions(rig, performance, tolerance_like):
    bake(rig, performance(seed=1), **tolerance_like)
    first = action_of(rig).session_uid
    count = bake(rig, performance(seed=2), **tolerance_like)
    rewritten = numbers(action_of(rig))
    assert action_of(rig).session_uid == first
    forget()
    assert bake(rig, performance(seed=2), **tolerance_like) == count
    assert action_of(rig).session_uid != first
    assert rewritten == numbers(action_of(rig))


def test_blender_evaluates_the_new_keys(rig, performance):
    face = bpy.data.objects["Face"]
    bake(rig, performance(seed=1))
    for seed in (2, 3):
        made = performance(seed=seed)
        bake(rig, made)
        bpy.context.scene.frame_set(9)
        value = face.data.shape_keys.key_blocks["mouthFunnel"].value
        assert value == pytest.approx(made.face.channel("mouthFunnel")[10], abs=0.011)


def change_keys(rig):
    active_curves(bpy.data.objects["Face"].data.shape_keys)[5].keyframe_points[0].co.y += 0.2


def test_edited_keys_are_not_written_over(rig, performance):
    bake(rig, performance(seed=1))
    change_keys(rig)
    edited = numbers(action_of(rig))
    bake(rig, performance(seed=2), reapply_edits=False)
    kept = [action for action in bpy.data.actions if action.name == "EmoTalk line (edited)"]
    assert [numbers(action) for action in kept] == [edited]


@pytest.mark.parametrize(
    "second",
    [
        {"timing": Timing(5.0, 0.8)},
        {"settle_time": 0.3},
        {"own_track": True},
        {"part": "Mouth"},
        {"whole_frames": False},
    ],
)
def test_another_layout_makes_new_actions(rig, performance, second):
    bake(rig, performance(seed=1))
    first = action_of(rig).session_uid
    bake(rig, performance(seed=1), **second)
    assert action_of(rig).session_uid != first
    after = numbers(action_of(rig))
    forget()
    bake(rig, performance(seed=1), **second)
    assert numbers(action_of(rig)) == after


def test_a_new_mesh_or_another_length_makes_new_actions(rig, performance, add_face):
    bake(rig, performance(seed=1))
    first = action_of(rig).session_uid
    bake(rig, performance(frames=80, seed=1))
    second = action_of(rig).session_uid
    add_face("Tongue", ("tongueOut",), armature=rig)
    bake(rig, performance(frames=80, seed=1))
    assert len({first, second, action_of(rig).session_uid}) == 3
    assert nla.lines_on(bpy.data.objects["Tongue"].data.shape_keys)


def test_edited_keys_are_put_on_top_of_a_run_after_rewriting(rig, performance):
    for seed in (1, 2):
        bake(rig, performance(seed=seed))
    curve = active_curves(bpy.data.objects["Face"].data.shape_keys)[5]
    path, before = curve.data_path, curve.evaluate(1)
    curve.keyframe_points[0].co.y += 0.2
    for _ in range(2):
        bake(rig, performance(seed=2))
        again = next(c for c in active_curves(bpy.data.objects["Face"].data.shape_keys) if c.data_path == path)
        assert again.evaluate(1) - before == pytest.approx(0.2, abs=0.01)
        assert hand_edits.is_edited(action_of(rig))


def test_a_draft_with_another_layout_is_no_edit(rig, performance):
    bake(rig, performance(seed=1))
    bake(rig, performance(seed=2), is_draft=True)
    forget()
    bake(rig, performance(seed=3))
    after = numbers(action_of(rig))
    assert not hand_edits.is_edited(action_of(rig))
    baking.clear(find_character(rig, bpy.context.scene))
    assert not bpy.data.actions
    bake(rig, performance(seed=3))
    assert numbers(action_of(rig)) == after


def test_a_draft_is_ours_until_it_is_sealed(rig, performance):
    bake(rig, performance(seed=1))
    for seed in (2, 3):
        bake(rig, performance(seed=seed), is_draft=True)
        assert not hand_edits.is_edited(action_of(rig))
    first = action_of(rig).session_uid
    bake(rig, performance(seed=4))
    assert action_of(rig).session_uid == first
    assert not hand_edits.is_edited(action_of(rig))
    change_keys(rig)
    assert hand_edits.is_edited(action_of(rig))


def test_clear_brings_back_the_values_from_before_the_first_run(rig, performance):
    block = bpy.data.objects["Face"].data.shape_keys.key_blocks["jawOpen"]
    block.value = 0.3
    bake(rig, performance(seed=1))
    bpy.context.scene.frame_set(10)
    bake(rig, performance(seed=2))
    baking.clear(find_character(rig, bpy.context.scene))
    assert block.value == pytest.approx(0.3)
    assert not bpy.data.actions
