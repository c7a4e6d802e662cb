"""When the keys are there but nothing moves, Animate says why, as a warning, and Repair helps where it can."""

import re

import bpy
import numpy as np
import pytest
from emotalk.blender_emotalk import hidden_motion
from emotalk.blender_emotalk.actions import all_curves
from emotalk.blender_emotalk.characters import find_character
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.blender_emotalk.line_identity import identity_of
from emotalk.face.arkit import CHANNELS


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


CASES = {
    "muted": (mute, "but nothing moves because the shape keys of Face are muted; press Repair"),
    "pinned": (pin, "but nothing moves because the shape keys of Face are hidden by one that is pinned"),
    "absolute": (make_absolute, "but nothing moves because the shape keys of Face are absolute; switch Relative on"),
    "driven": (drive, "but not everything moves because [0-9]+ of [0-9]+ shape keys of Face are moved by drivers"),
    "no shapes": (level, "but nothing moves because the shape keys of Face have the same shape as the Basis"),
    "edit mode": (edit, "but nothing moves because the shape keys of Face are not shown in Edit Mode; leave it"),
    "own keys": (own_keys, "but nothing moves because the shape keys of Face have keys of yours that win"),
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
    if case not in ("driven", "edit mode"):
        assert not is_moving()


def test_motion_that_can_be_seen_is_no_warning(stage, capfd):
    key().key_blocks["mouthLeft"].mute = True
    bpy.ops.emotalk.animate()
    assert "but" not in state().message
    assert not state().failed
    assert "Warning" not in capfd.readouterr().out
    assert is_moving()


@pytest.mark.parametrize("hide", [mute, pin])
def test_repair_lets_it_move(stage, hide):
    hide()
    bpy.ops.emotalk.animate()
    assert state().repairable
    assert bpy.ops.emotalk.repair() == {"FINISHED"}
    assert "can move" in state().message
    assert not state().failed
    assert not state().repairable
    assert is_moving()
    assert bpy.ops.emotalk.repair() == {"CANCELLED"}


def test_what_repair_cannot_help_with_is_not_offered(stage):
    make_absolute()
    bpy.ops.emotalk.animate()
    assert not state().repairable


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
    bpy.ops.emotalk.animate()
    bpy.ops.emotalk.repair()
    assert state().message == "Face can move: 52 shape keys unmuted, 1 meshes unpinned"
    bpy.ops.emotalk.repair()
    assert "No shape key of Face is muted or pinned; nothing was changed" in capfd.readouterr().out
    bpy.context.scene.collection.objects.unlink(bpy.data.objects["Face"])
    with pytest.raises(RuntimeError, match="Click the character, or choose it above"):
        bpy.ops.emotalk.repair()
