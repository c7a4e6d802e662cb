"""Where nothing would move Animate refuses, where some of it is hidden it warns, and Repair helps where it can."""

import re

import bpy
import numpy as np
import pytest
from emotalk.blender_emotalk import hidden_motion, mapping_desk, runs
from emotalk.blender_emotalk.actions import all_curves
from emotalk.blender_emotalk.characters import find_character
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.blender_emotalk.line_identity import identity_of
from emotalk.face.arkit import CHANNELS
from emotalk.face.mapping import ROTATION, SHAPE_KEY, Mapping, Row, Target


def state():
    return bpy.context.window_manager.emotalk


def key():
    return bpy.data.objects["Face"].data.shape_keys


def is_moving():
    """Whether Blender's own evaluation moves the face between two frames."""
    shapes = []
    for frame in range(1, 60, 4):
        bpy.context.scene.frame_set(frame)
        evaluated = bpy.data.objects["Face"].evaluated_get(bpy.context.evaluated_depsgraph_get())
        shapes.append([vertex.co[:] for vertex in evaluated.data.vertices])
    return bool(np.ptp(np.array(shapes), axis=0).max() > 1e-4)


def mute():
    for block in key().key_blocks[1:]:
        block.mute = True


def pin():
    bpy.data.objects["Face"].active_shape_key_index = 1
    bpy.data.objects["Face"].show_only_shape_key = True


def make_absolute():
    key().use_relative = False


def drive():
    for block in set(key().key_blocks[1:]) - {key().key_blocks["jawOpen"]}:
        block.driver_add("value").driver.expression = "0"


def level():
    basis = [point.co.copy() for point in key().key_blocks[0].data]
    for block in key().key_blocks[1:]:
        for point, co in zip(block.data, basis, strict=True):
            point.co = co


def edit():
    bpy.ops.object.mode_set(mode="EDIT")


def own_keys():
    for block in key().key_blocks[1:]:
        block.keyframe_insert("value", frame=1)
    line_to_set(bpy.context.scene).existing_keys = "TRACK"


def lock():
    for block in key().key_blocks[1:]:
        block.lock_shape = True


CASES = {
    "driven": (drive, "but not everything moves because [0-9]+ of [0-9]+ shape keys of Face are moved by drivers"),
    "own keys": (own_keys, "but nothing moves because the shape keys of Face have keys of yours that win"),
}
STILL = {
    "muted": (mute, "are muted; press Repair, or unmute them"),
    "pinned": (pin, r"are hidden by one that is pinned \(Solo Active Shape Key\); press Repair, or unpin it"),
    "absolute": (make_absolute, "are absolute; press Repair, or switch Relative on"),
    "edit mode": (edit, r"are not shown in Edit Mode; press Repair, or leave it \(Tab\)"),
    "locked": (lock, "are locked; press Repair, or unlock them"),
    "no shapes": (level, "have the same shape as the Basis; sculpt or import their shapes"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_hides_the_motion_is_named_as_a_warning(stage, case, capfd):
    hide, sentence = CASES[case]
    hide()
    assert bpy.ops.emotalk.animate() == {"FINISHED"}
    assert re.search(sentence, state().message)
    assert "keys in" in state().message
    assert state().failed
    assert "Warning: Face speaks" in capfd.readouterr().out
    if case != "driven":
        assert not is_moving()


@pytest.mark.parametrize("case", STILL)
def test_a_face_on_which_nothing_would_move_is_refused_and_left_as_it_is(stage, case, everything):
    hide, sentence = STILL[case]
    hide()
    before = everything()
    with pytest.raises(RuntimeError, match=f"Nothing would move, because the shape keys of Face {sentence}"):
        bpy.ops.emotalk.animate()
    assert everything() == before
    assert re.search(f"{sentence}.*; nothing was changed", state().message)
    assert state().failed
    assert state().repairable == (case != "no shapes")


@pytest.mark.parametrize("case", sorted(set(STILL) - {"no shapes"}))
def test_after_repair_the_next_run_moves_it(stage, case):
    STILL[case][0]()
    with pytest.raises(RuntimeError, match="press Repair"):
        bpy.ops.emotalk.animate()
    assert bpy.ops.emotalk.repair() == {"FINISHED"}
    assert bpy.ops.emotalk.animate() == {"FINISHED"}
    assert not state().failed
    assert is_moving()


@pytest.mark.parametrize("reason", ["muted", "locked"])
def test_one_key_that_moves_is_enough_to_animate(stage, reason):
    STILL[reason][0]()
    key().key_blocks["jawOpen"].mute = key().key_blocks["jawOpen"].lock_shape = False
    assert bpy.ops.emotalk.animate() == {"FINISHED"}
    assert is_moving()


def test_hidden_shape_keys_beside_a_bone_that_moves_do_not_refuse_a_face(add_face, add_armature, line_wav):
    rig = add_armature()
    face = add_face(names=["jawOpen"], armature=rig)
    face.data.shape_keys.key_blocks["jawOpen"].mute = True
    rows = (Row(Target(ROTATION, "head"), (("jawOpen", 0.3),)), Row(Target(SHAPE_KEY, "jawOpen"), (("jawOpen", 1.0),)))
    mapping_desk.store(face, Mapping(rows))
    line_to_set(bpy.context.scene).audio = str(line_wav)
    assert bpy.ops.emotalk.animate() == {"FINISHED"}


def test_motion_that_can_be_seen_is_no_warning(stage, capfd):
    key().key_blocks["mouthLeft"].mute = True
    bpy.ops.emotalk.animate()
    assert "but" not in state().message
    assert not state().failed
    assert "Warning" not in capfd.readouterr().out
    assert is_moving()


def test_what_is_hidden_after_the_start_is_named_and_repaired(stage):
    run = runs.start(bpy.context)
    mute()
    run.wait()
    assert "but nothing moves because the shape keys of Face are muted; press Repair" in run.write()
    assert state().repairable
    assert bpy.ops.emotalk.repair() == {"FINISHED"}
    assert "can move" in state().message
    assert not state().failed
    assert not state().repairable
    assert is_moving()
    assert bpy.ops.emotalk.repair() == {"CANCELLED"}


def test_repair_leaves_other_shape_keys_muted(add_face, line_wav):
    face = add_face(names=(*CHANNELS, "wrinkles"))
    for block in face.data.shape_keys.key_blocks[1:]:
        block.mute = True
    line_to_set(bpy.context.scene).audio = str(line_wav)
    bpy.ops.emotalk.repair()
    assert [block.name for block in face.data.shape_keys.key_blocks if block.mute] == ["wrinkles"]


def test_a_soloed_track_of_the_animator(stage):
    line_to_set(bpy.context.scene).existing_keys = "TRACK"
    bpy.ops.emotalk.animate()
    assert is_moving()
    key().animation_data.nla_tracks.new().is_solo = True
    bpy.ops.emotalk.animate()
    assert "outside the NLA track that is soloed" in state().message
    assert not is_moving()


def test_a_muted_group_of_channels_is_named(stage):
    bpy.ops.emotalk.animate()
    scene = bpy.context.scene
    character, line = find_character(stage, scene), identity_of(line_to_set(scene))
    assert hidden_motion.find(character, line, scene) is None
    for curve in all_curves(bpy.data.actions["EmoTalk line"]):
        curve.group.mute = True
    assert "have muted channels in the action" in hidden_motion.find(character, line, scene).clause


def test_a_part_that_is_hidden_is_named(add_face, add_armature, line_wav):
    rig = add_armature()
    add_face("Teeth", ["jawOpen", "jawLeft"], rig)
    add_face("Face", armature=rig)
    bpy.data.objects["Teeth"].show_only_shape_key = True
    line_to_set(bpy.context.scene).audio = str(line_wav)
    bpy.ops.emotalk.animate()
    assert "but not everything moves because the shape keys of Teeth are hidden" in state().message


def found(face):
    scene = bpy.context.scene
    return hidden_motion.find(find_character(face, scene), identity_of(line_to_set(scene)), scene)


@pytest.mark.parametrize(
    ("hide", "words"),
    [
        (lambda data: setattr(data, "use_nla", False), "lie on an NLA track, and the NLA is off; switch the NLA on"),
        (lambda data: setattr(data.nla_tracks[0], "mute", True), "lie on a muted NLA track; unmute it"),
        (lambda data: setattr(data.nla_tracks[0].strips[0], "mute", True), "lie on a muted NLA track; unmute it"),
    ],
)
def test_an_nla_that_does_not_play_is_named(stage, hide, words):
    line_to_set(bpy.context.scene).existing_keys = "TRACK"
    bpy.ops.emotalk.animate()
    assert found(stage) is None
    hide(key().animation_data)
    assert words in found(stage).clause
    assert not found(stage).is_repairable


def test_muted_curves_and_drivers_are_told_apart_from_those_at_work(stage):
    bpy.ops.emotalk.animate()
    for block in set(key().key_blocks[1:]) - {key().key_blocks["jawOpen"]}:
        driver = block.driver_add("value")
        driver.mute = True
    assert found(stage) is None
    key().animation_data.drivers[0].mute = False
    assert found(stage) is None  # one of many
    for curve in all_curves(bpy.data.actions["EmoTalk line"]):
        curve.mute = True
    assert "have muted channels in the action" in found(stage).clause


def test_keys_of_the_animator_that_only_add_do_not_win(stage):
    own_keys()
    bpy.ops.emotalk.animate()
    data = key().animation_data
    assert "have keys of yours that win" in found(stage).clause
    data.action_blend_type = "ADD"
    assert found(stage) is None
    data.action_blend_type, data.action_influence = "REPLACE", 0
    assert found(stage) is None


def test_repair_says_how_much_it_did(stage, capfd):
    mute()
    pin()
    bpy.ops.emotalk.repair()
    assert state().message == "Face can move: 1 meshes unpinned, 52 shape keys unmuted"
    bpy.ops.emotalk.repair()
    assert "Nothing hides the shape keys of Face; nothing was changed" in capfd.readouterr().out
    bpy.context.scene.collection.objects.unlink(bpy.data.objects["Face"])
    with pytest.raises(RuntimeError, match="Click the character, or choose it above"):
        bpy.ops.emotalk.repair()
