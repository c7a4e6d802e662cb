"""Flatten, Reset Face and Extend Scene, as the buttons do them."""

import bpy
import pytest
from emotalk.blender_emotalk.access import active_line
from emotalk.blender_emotalk.actions import active_curves


def blocks(face):
    return face.data.shape_keys.key_blocks


def message():
    return bpy.context.window_manager.emotalk.message


def test_reset_face_sets_values_and_no_keys(add_face, add_armature, line_wav):
    rig = add_armature()
    face = add_face(armature=rig)
    face.shape_key_add(name="wrinkle")
    for name in ("jawOpen", "mouthSmileLeft", "wrinkle"):
        blocks(face)[name].value = 0.5
    rig.pose.bones["head"].rotation_quaternion = (0.6, 0.8, 0, 0)
    assert bpy.ops.emotalk.reset_face() == {"FINISHED"}
    assert [blocks(face)[name].value for name in ("jawOpen", "mouthSmileLeft", "wrinkle")] == [0, 0, 0.5]
    assert tuple(rig.pose.bones["head"].rotation_quaternion) == (1, 0, 0, 0)
    assert message() == "52 shape keys and the head bone of Rig are at rest"
    assert not bpy.data.actions


@pytest.mark.parametrize("mode", ["XYZ", "AXIS_ANGLE"])
def test_the_head_comes_to_rest_in_any_rotation_mode(add_face, add_armature, mode):
    rig = add_armature()
    add_face(armature=rig)
    bone = rig.pose.bones["head"]
    bone.rotation_mode = mode
    bone.rotation_euler, bone.rotation_axis_angle = (1, 2, 3), (1, 0, 1, 0)
    bpy.ops.emotalk.reset_face()
    bpy.context.view_layer.update()
    assert bone.matrix_basis.to_quaternion().angle == pytest.approx(0, abs=1e-6)


def test_reset_face_says_that_keys_come_back(stage):
    bpy.ops.emotalk.animate()
    keys = [len(curve.keyframe_points) for curve in active_curves(stage.data.shape_keys)]
    bpy.context.scene.frame_set(40)
    assert blocks(stage)["jawOpen"].value > 0 or blocks(stage)["mouthPressLeft"].value > 0
    bpy.ops.emotalk.reset_face()
    assert not any(block.value for block in blocks(stage)[1:])
    assert message().endswith("; its action moves them again on the next frame change")
    assert [len(curve.keyframe_points) for curve in active_curves(stage.data.shape_keys)] == keys


def test_a_line_that_ends_after_the_scene_says_so_and_the_scene_can_be_extended(stage):
    scene = bpy.context.scene
    with pytest.raises(RuntimeError, match="The line has no keys yet"):
        bpy.ops.emotalk.extend_scene()
    scene.frame_end = 100
    bpy.ops.emotalk.animate()
    end = round(stage.data.shape_keys.animation_data.action.frame_range[1])
    assert f"The line ends at frame {end}, after the scene's last frame 100; Extend Scene changes that" in message()
    assert bpy.ops.emotalk.extend_scene() == {"FINISHED"}
    assert scene.frame_end == end
    with pytest.raises(RuntimeError, match="The line ends within the scene"):
        bpy.ops.emotalk.extend_scene()
    bpy.ops.emotalk.animate()
    assert "last frame" not in message()


def test_flatten_and_clear(stage):
    bpy.ops.emotalk.animate()
    assert bpy.ops.emotalk.flatten() == {"FINISHED"}
    assert "'EmoTalk Face Flattened' has one line, frames -11 to" in message()
    assert stage.data.shape_keys.animation_data.action.name == "EmoTalk Face Flattened"
    bpy.ops.emotalk.clear()
    assert message() == "Face plays its lines again; press Clear Line once more to remove this one"
    assert [action.name for action in bpy.data.actions] == [f"EmoTalk {active_line(bpy.context.scene).name}"]
    bpy.ops.emotalk.flatten()
    bpy.ops.emotalk.clear(all_lines=True)
    assert not bpy.data.actions


def test_flatten_without_a_line(stage):
    with pytest.raises(RuntimeError, match="Face performs no line yet; animate one first"):
        bpy.ops.emotalk.flatten()
