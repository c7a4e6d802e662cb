"""What an animator has edited on our keys survives the next run, and everything else follows that run."""

import bpy
import numpy as np
import pytest
from emotalk.blender_emotalk import baking, hand_edits
from emotalk.blender_emotalk.actions import HAS_SLOTS, active_curves, all_curves
from emotalk.blender_emotalk.characters import find_character
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.blender_emotalk.keyframes import Timing

FRAMES = np.arange(-40, 140)
SETTINGS = {
    "reduced": baking.KeySettings(0.004),
    "every frame": baking.KeySettings(0),
    "subframes": baking.KeySettings(0.004, whole_frames=False),
    "every sample": baking.KeySettings(0, whole_frames=False),
}


@pytest.fixture(params=SETTINGS)
def settings(request):
    return SETTINGS[request.param]


@pytest.fixture
def face(add_face, add_armature):
    return add_face(armature=add_armature())


def bake(performance, face, settings, start=1.0, line="line"):
    scene = bpy.context.scene
    timing = Timing.of(scene, start, performance.face.fps)
    return baking.bake(performance, find_character(face, scene), line, timing, settings)


def action_of(face):
    return face.data.shape_keys.animation_data.action


def curves_of(face):
    return {curve.data_path.split('"')[1]: curve for curve in active_curves(face.data.shape_keys)}


def sampled(face, frames=FRAMES):
    return {name: np.array([curve.evaluate(frame) for frame in frames]) for name, curve in curves_of(face).items()}


def raise_keys(curve, first, last, height):
    """What an animator does: select some keys and move them up."""
    for point in curve.keyframe_points:
        if first <= point.co.x <= last:
            for handle in (point.co, point.handle_left, point.handle_right):
                handle.y += height
    curve.update()


def add_smile(face):
    """A smile of the animator's in the middle of a line."""
    curve = curves_of(face)["mouthSmileLeft"]
    for frame, value in ((30, curve.evaluate(30)), (36, 0.9), (42, curve.evaluate(42))):
        curve.keyframe_points.insert(frame, value)
    curve.update()


def test_edited_stretches_stay_and_everything_else_follows_the_new_run(face, performance, settings):
    bake(performance(seed=1), face, settings)
    clean = sampled(face)
    add_smile(face)
    raise_keys(curves_of(face)["jawOpen"], 10, 20, 0.2)
    edited = sampled(face)
    difference = {name: edited[name] - clean[name] for name in clean}
    result = bake(performance(seed=2), face, settings)
    assert (result.edited, result.set_aside) == (2, ())
    after = sampled(face)
    baking.clear(find_character(face, bpy.context.scene))
    bake(performance(seed=2), face, settings)
    fresh = sampled(face)
    tolerance = 2 * settings.tolerance + 2e-3
    for name in clean:
        assert np.abs(after[name] - fresh[name] - difference[name]).max() <= tolerance
        if name not in ("mouthSmileLeft", "jawOpen"):
            assert np.array_equal(after[name], fresh[name])
    elsewhere = (FRAMES < 20) | (FRAMES > 52)
    assert np.abs(after["mouthSmileLeft"] - fresh["mouthSmileLeft"])[elsewhere].max() < 1e-4
    assert np.abs(difference["mouthSmileLeft"]).max() > 0.2


def test_the_same_run_again_leaves_the_very_keys(face, performance, settings, key_bytes):
    def numbers():
        return np.frombuffer(key_bytes(face), np.float32)

    bake(performance(), face, settings)
    add_smile(face)
    curve = curves_of(face)["browInnerUp"]
    curve.keyframe_points[3].interpolation = "CONSTANT"
    curve.keyframe_points[5].handle_left_type = "VECTOR"
    curve.update()
    before = numbers()
    for _ in range(3):
        # A constant key among keys on every frame changes nothing on any frame, and so it is no edit.
        assert bake(performance(), face, settings).edited == (1 if settings == SETTINGS["every frame"] else 2)
        np.testing.assert_allclose(numbers(), before, atol=1e-4)
    kinds = [point.interpolation for point in curves_of(face)["browInnerUp"].keyframe_points]
    assert kinds[3] == "CONSTANT"


def test_an_edit_does_not_wear_off_in_many_runs(face, performance):
    settings = baking.KeySettings(0.01)
    bake(performance(seed=1), face, settings)
    clean = sampled(face)["mouthSmileLeft"]
    add_smile(face)
    difference = sampled(face)["mouthSmileLeft"] - clean
    for seed in (*range(2, 20), 1):
        bake(performance(seed=seed), face, settings)
    assert np.abs(sampled(face)["mouthSmileLeft"] - clean - difference).max() <= 0.01 + 1e-3


def test_the_animators_own_keys_stay_keys(face, performance):
    settings = baking.KeySettings(0.05)
    bake(performance(seed=1), face, settings)
    add_smile(face)
    counts = set()
    for seed in range(2, 12):
        bake(performance(seed=seed), face, settings)
        counts.add(len(curves_of(face)["mouthSmileLeft"].keyframe_points))
    bake(performance(seed=2), face, settings)
    frames = [point.co.x for point in curves_of(face)["mouthSmileLeft"].keyframe_points]
    assert {30, 36, 42} <= set(frames)
    assert max(counts) < 60  # keys do not become more from run to run
    assert all(frame == round(frame) for frame in frames)


def test_edits_on_top_of_edits_add_up(face, performance, settings):
    bake(performance(seed=1), face, settings)
    clean = sampled(face)["mouthSmileLeft"]
    add_smile(face)
    bake(performance(seed=2), face, settings)
    raise_keys(curves_of(face)["mouthSmileLeft"], 50, 60, 0.2)
    bake(performance(seed=1), face, settings)
    change = sampled(face)["mouthSmileLeft"] - clean
    assert change[FRAMES == 36] > 0.2
    assert change[FRAMES == 55] == pytest.approx(0.2, abs=2 * settings.tolerance + 2e-3)


@pytest.mark.parametrize("start", [101, -200, 13.4])
def test_an_edit_moves_with_its_line(face, performance, settings, start):
    bake(performance(seed=1), face, settings, start=1)
    clean = sampled(face)["mouthSmileLeft"]
    add_smile(face)
    difference = sampled(face)["mouthSmileLeft"] - clean
    bake(performance(seed=2), face, settings, start=start)
    shift = start - 1
    frames = FRAMES + (round(shift) if settings.whole_frames else shift)
    after = sampled(face, frames)["mouthSmileLeft"]
    baking.clear(find_character(face, bpy.context.scene))
    bake(performance(seed=2), face, settings, start=start)
    fresh = sampled(face, frames)["mouthSmileLeft"]
    assert np.abs(after - fresh - difference).max() <= 3 * settings.tolerance + 5e-3


def test_an_edit_keeps_its_second_at_another_frame_rate(face, performance):
    bake(performance(seed=1), face, SETTINGS["reduced"])
    clean = sampled(face)["mouthSmileLeft"]
    add_smile(face)
    difference = sampled(face)["mouthSmileLeft"] - clean
    bpy.context.scene.render.fps = 48
    bake(performance(seed=1), face, SETTINGS["reduced"])
    after = sampled(face, 1 + 2 * (FRAMES - 1))["mouthSmileLeft"]
    assert np.abs(after - clean - difference).max() <= 0.03


def test_edits_survive_saving_and_renaming(face, performance, tmp_path):
    bake(performance(seed=1), face, SETTINGS["reduced"])
    clean = sampled(face)["mouthSmileLeft"]
    add_smile(face)
    difference = sampled(face)["mouthSmileLeft"] - clean
    bake(performance(seed=2), face, SETTINGS["reduced"])
    blocks = face.data.shape_keys.key_blocks
    for block in blocks[1:]:
        block.name = f"Head.{block.name}"
    for _ in range(2):
        bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
        face = bpy.data.objects["Face"]
        assert hand_edits.edited_channels(action_of(face)) == ["Head.mouthSmileLeft"]
        assert bake(performance(seed=1), face, SETTINGS["reduced"]).edited == 1
    assert np.abs(sampled(face)["Head.mouthSmileLeft"] - clean - difference).max() <= 0.01


def test_a_renamed_shape_key_that_was_edited_afterwards_keeps_its_edit(face, performance):
    bake(performance(seed=1), face, SETTINGS["reduced"])
    face.data.shape_keys.key_blocks["mouthSmileLeft"].name = "MouthSmile_L"
    curve = curves_of(face)["MouthSmile_L"]
    raise_keys(curve, 30, 40, 0.2)
    assert hand_edits.edited_channels(action_of(face)) == ["MouthSmile_L"]
    before = curve.evaluate(35)
    assert bake(performance(seed=1), face, SETTINGS["reduced"]).edited == 1
    assert curves_of(face)["MouthSmile_L"].evaluate(35) == pytest.approx(before, abs=1e-4)


def test_the_head_keeps_edits_too(face, performance):
    rig = face.parent
    bake(performance(seed=1), face, SETTINGS["reduced"])
    curve = next(curve for curve in active_curves(rig) if curve.array_index == 1)
    clean = np.array([curve.evaluate(frame) for frame in FRAMES])
    raise_keys(curve, 30, 40, 0.1)
    change = np.array([curve.evaluate(frame) for frame in FRAMES]) - clean
    result = bake(performance(seed=2), face, SETTINGS["reduced"])
    assert result.edited == 1
    bake(performance(seed=1), face, SETTINGS["reduced"])
    curve = next(curve for curve in active_curves(rig) if curve.array_index == 1)
    assert np.abs([curve.evaluate(frame) for frame in FRAMES] - clean - change).max() < 0.005
    assert hand_edits.edited_channels(rig.animation_data.action) == ["head"]


def test_deleted_keys_and_curves_stay_deleted_and_muted_ones_muted(face, performance):
    bake(performance(seed=1), face, SETTINGS["reduced"])
    action = action_of(face)
    curves = curves_of(face)
    curves["jawLeft"].mute = True
    points = curves["browInnerUp"].keyframe_points
    for number in reversed(range(len(points))):
        if 20 < points[number].co.x < 60:
            points.remove(points[number])
    curves["browInnerUp"].update()
    flat = sampled(face)["browInnerUp"]
    container = action.layers[0].strips[0].channelbags[0] if hasattr(action, "layers") else action
    container.fcurves.remove(curves["jawRight"])
    for _ in range(2):
        assert bake(performance(seed=1), face, SETTINGS["reduced"]).edited == 2
        curves = curves_of(face)
        assert curves["jawLeft"].mute
        assert not curves["jawOpen"].mute
        assert "jawRight" not in curves
        assert np.abs(sampled(face)["browInnerUp"] - flat).max() < 1e-4
    assert hand_edits.edited_channels(action_of(face)) == ["browInnerUp", "jawRight"]


def test_an_emptied_action_is_filled_again(face, performance):
    bake(performance(seed=1), face, SETTINGS["reduced"])
    action = action_of(face)
    for container in action.layers[0].strips[0].channelbags if HAS_SLOTS else [action]:
        container.fcurves.clear()
    bake(performance(seed=1), face, SETTINGS["reduced"])
    assert len(curves_of(face)) == 52


def test_curves_and_modifiers_that_were_added_are_kept(face, performance):
    face.shape_key_add(name="corrective")
    bake(performance(seed=1), face, SETTINGS["reduced"])
    block = face.data.shape_keys.key_blocks["corrective"]
    for frame, value in ((10, 0.0), (20, 1.0), (35, 0.0)):
        block.value = value
        block.keyframe_insert("value", frame=frame)
    noise = curves_of(face)["browInnerUp"].modifiers.new("NOISE")
    noise.strength, noise.scale = 0.25, 7
    clean = sampled(face)["corrective"]
    for start in (1, 11):
        result = bake(performance(seed=2), face, SETTINGS["reduced"], start=start)
        assert (result.edited, result.set_aside) == (1, ())
        after = sampled(face, FRAMES + start - 1)["corrective"]
        assert np.abs(after - clean).max() < 1e-4
        modifier = curves_of(face)["browInnerUp"].modifiers[0]
        assert (modifier.type, modifier.strength, modifier.scale) == ("NOISE", 0.25, 7)
    assert hand_edits.edited_channels(action_of(face)) == ["corrective"]


def test_edits_without_a_curve_any_more_are_set_aside(face, performance):
    bake(performance(seed=1), face, SETTINGS["reduced"])
    add_smile(face)
    face.data.shape_keys.key_blocks["mouthSmileLeft"].name = "unknown"
    result = bake(performance(seed=2), face, SETTINGS["reduced"])
    assert (result.edited, result.set_aside[0]) == (0, "EmoTalk line (edited)")
    assert bpy.data.actions["EmoTalk line (edited)"].use_fake_user
    assert result.remarks[0].startswith("The keys that you edited before stay in the file as EmoTalk line (edited)")


def test_what_is_edited_is_said(face, performance):
    bake(performance(seed=1), face, SETTINGS["reduced"])
    assert not hand_edits.is_edited(action_of(face))
    assert hand_edits.edited_channels(action_of(face)) == []
    add_smile(face)
    assert hand_edits.is_edited(action_of(face))
    assert hand_edits.edited_channels(action_of(face)) == ["mouthSmileLeft"]
    result = bake(performance(seed=2), face, SETTINGS["reduced"])
    assert result.remarks == ("Your edits of one curve were re-applied",)
    assert hand_edits.is_edited(action_of(face))
    assert hand_edits.edited_channels(action_of(face)) == ["mouthSmileLeft"]
    assert result.keys == sum(len(curve.keyframe_points) for action in bpy.data.actions for curve in all_curves(action))


def test_clear_sets_edits_aside_even_after_they_were_re_applied(face, performance):
    bake(performance(seed=1), face, SETTINGS["reduced"])
    add_smile(face)
    bake(performance(seed=2), face, SETTINGS["reduced"])
    baking.clear(find_character(face, bpy.context.scene))
    assert [action.name for action in bpy.data.actions] == ["EmoTalk line (edited)"]


@pytest.mark.parametrize("damage", [b"no curves", "text", 5])
def test_without_a_record_that_can_be_read_the_edited_action_is_set_aside(face, performance, damage):
    bake(performance(seed=1), face, SETTINGS["reduced"])
    add_smile(face)
    action_of(face)["emotalk_curves"] = damage
    assert hand_edits.is_edited(action_of(face))
    assert bake(performance(seed=2), face, SETTINGS["reduced"]).set_aside == ("EmoTalk line (edited)",)


def test_live_tweaks_keep_the_edits(stage):
    line = bpy.context.scene.emotalk
    bpy.ops.emotalk.animate()
    curve = curves_of(stage)["browInnerUp"]
    raise_keys(curve, 30, 60, 0.3)
    raised = curve.evaluate(45)
    for happy in (0.3, 0.6, 0.0):
        line.happy = happy
        bpy.ops.emotalk.animate()
    assert curves_of(stage)["browInnerUp"].evaluate(45) == pytest.approx(raised, abs=0.02)
    assert "Your edits of one curve were re-applied" in bpy.context.window_manager.emotalk.message
    bpy.ops.emotalk.animate(hand_edits="Set aside")
    assert curves_of(stage)["browInnerUp"].evaluate(45) == pytest.approx(raised - 0.3, abs=0.02)
    assert "EmoTalk line (edited)" in bpy.context.window_manager.emotalk.message


def test_an_edit_on_a_stronger_mood_stays_within_what_was_seen(stage):
    line = line_to_set(bpy.context.scene)
    line.emotion_level = 1
    bpy.ops.emotalk.animate()
    path = 'key_blocks["browInnerUp"].value'

    def brow():
        return next(curve for curve in all_curves(bpy.data.actions["EmoTalk line"]) if curve.data_path == path)

    curve = brow()
    for frame in range(30, 61):
        curve.keyframe_points.insert(frame, 1.0)
    curve.update()
    line.sad = 1
    bpy.ops.emotalk.animate()
    values = [brow().evaluate(frame) for frame in range(1, 150)]
    assert brow().evaluate(45) == pytest.approx(1, abs=0.02)
    assert max(values) < 1.05
    assert min(values[70:120]) > 0.1  # sad, where nothing was edited
