"""An action of the animator's is added to the performance, and is as it was after Clear."""

import bpy
import pytest
from emotalk.blender_emotalk.actions import active_curves
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.face.arkit import CHANNELS


@pytest.fixture
def face(add_face, line_wav):
    """A face whose own action holds jawOpen at 0.2 and a shape of its own at 0.3; the line is set to add it."""
    face = add_face(names=(*CHANNELS, "wave"))
    blocks = face.data.shape_keys.key_blocks
    for name, value in (("jawOpen", 0.2), ("wave", 0.3)):
        blocks[name].value = value
        blocks[name].keyframe_insert("value", frame=1)
    line = line_to_set(bpy.context.scene)
    line.audio, line.character, line.existing_keys = str(line_wav), face, "ADD"
    return face


def own_action(face):
    return face.data.shape_keys.animation_data.action


def seen(face, name):
    """The values of a shape key in the scene."""
    values = []
    for frame in range(1, 140, 6):
        bpy.context.scene.frame_set(frame)
        values.append(face.data.shape_keys.key_blocks[name].value)
    return values


def test_the_sum_is_seen(face):
    name = own_action(face).name
    line_to_set(bpy.context.scene).existing_keys = "TRACK"
    bpy.ops.emotalk.animate()
    own_action(face).use_fake_user = True
    kept, face.data.shape_keys.animation_data.action = own_action(face), None
    alone = seen(face, "jawOpen")
    face.data.shape_keys.animation_data.action = kept
    face.data.shape_keys.animation_data.action_slot = kept.slots[0]
    line_to_set(bpy.context.scene).existing_keys = "ADD"
    bpy.ops.emotalk.animate()
    assert own_action(face).name == name
    assert seen(face, "jawOpen") == pytest.approx([min(value + 0.2, 1) for value in alone], abs=1e-3)
    assert max(alone) - min(alone) > 0.1
    assert seen(face, "wave") == pytest.approx([0.3] * len(alone), abs=1e-6)


@pytest.mark.parametrize("lines", [1, 2])
def test_clear_restores_how_it_was_blended(face, lines):
    data = face.data.shape_keys.animation_data
    keys = [(curve.data_path, len(curve.keyframe_points)) for curve in active_curves(face.data.shape_keys)]
    for number in range(lines):
        bpy.ops.emotalk.animate(line=f"line {number}", start_frame=1 + 200 * number)
        assert data.action_blend_type == "ADD"
    for number in range(lines):
        bpy.ops.emotalk.clear(line=f"line {number}")
    data = face.data.shape_keys.animation_data
    assert (data.action_blend_type, len(data.nla_tracks)) == ("REPLACE", 0)
    assert [(curve.data_path, len(curve.keyframe_points)) for curve in active_curves(face.data.shape_keys)] == keys


def test_another_choice_takes_it_back(face):
    bpy.ops.emotalk.animate()
    line_to_set(bpy.context.scene).existing_keys = "TRACK"
    bpy.ops.emotalk.animate()
    assert face.data.shape_keys.animation_data.action_blend_type == "REPLACE"


def test_a_face_without_keys_of_its_own_is_animated_as_usual(add_face, line_wav):
    face = add_face()
    line = line_to_set(bpy.context.scene)
    line.audio, line.existing_keys = str(line_wav), "ADD"
    assert bpy.ops.emotalk.animate() == {"FINISHED"}
    assert max(seen(face, "jawOpen")) > 0.1


def test_an_unchanged_line_is_not_edited(face):
    bpy.ops.emotalk.animate()
    assert line_to_set(bpy.context.scene).state == "ANIMATED"
