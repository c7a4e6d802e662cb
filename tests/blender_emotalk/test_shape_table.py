"""The table of single shapes on a line, from its buttons to the keys."""

import bpy
import numpy as np
import pytest
from emotalk.blender_emotalk.actions import active_curves
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.face import arkit


@pytest.fixture
def line(stage):
    line = line_to_set(bpy.context.scene)
    line.key_tolerance = line.settle_time = 0
    return line


def keyed(face):
    """Channel -> values of its keys."""
    found = {}
    for curve in active_curves(face.data.shape_keys):
        numbers = np.empty(2 * len(curve.keyframe_points), np.float32)
        curve.keyframe_points.foreach_get("co", numbers)
        found[curve.data_path.split('"')[1]] = numbers[1::2]
    return found


def test_a_row_reaches_the_keys_of_its_shape_only(stage, line):
    bpy.ops.emotalk.animate()
    before = keyed(stage)
    bpy.ops.emotalk.add_shape(channel="browInnerUp")
    line.shapes["browInnerUp"].multiplier, line.shapes["browInnerUp"].offset = 2, 0.1
    bpy.ops.emotalk.animate()
    after = keyed(stage)
    np.testing.assert_allclose(after.pop("browInnerUp"), np.minimum(2 * before.pop("browInnerUp") + 0.1, 1), atol=1e-5)
    assert all(np.array_equal(before[name], after[name]) for name in before)


def test_a_row_is_added_once_and_removed(line):
    for channel in ("jawOpen", "tongueOut", "jawOpen"):
        bpy.ops.emotalk.add_shape(channel=channel)
    assert line.shapes.keys() == ["jawOpen", "tongueOut"]
    assert line.shape_index == 0
    bpy.ops.emotalk.remove_shape(channel="jawOpen")
    assert line.shapes.keys() == ["tongueOut"]
    with pytest.raises(RuntimeError, match="no row for the shape 'jawOpen'"):
        bpy.ops.emotalk.remove_shape(channel="jawOpen")


def test_a_script_sets_the_table_and_reset_empties_it(line):
    bpy.ops.emotalk.animate(controls='{"shapes": {"jawOpen": [1.5, 0], "cheekPuff": [1, 0.2]}}')
    assert {row.name: (row.multiplier, pytest.approx(row.offset)) for row in line.shapes} == {
        "jawOpen": (1.5, 0.0),
        "cheekPuff": (1.0, 0.2),
    }
    bpy.ops.emotalk.animate(controls='{"happy": 0.5}')
    assert len(line.shapes) == 2
    bpy.ops.emotalk.reset_controls(group="shape")
    assert len(line.shapes) == 2
    bpy.ops.emotalk.reset_controls(group="shapes")
    assert not line.shapes


def test_a_shape_that_the_model_lacks_is_refused(line):
    with pytest.raises(RuntimeError, match="no shape 'exp000'"):
        bpy.ops.emotalk.animate(controls='{"shapes": {"exp000": [1.5, 0]}}')
    assert not line.shapes
    line.shapes.add().name = "exp000"  # of another model, and waits for it
    bpy.ops.emotalk.animate()


@pytest.mark.parametrize("part", ["Mouth", "Upper face"])
def test_what_is_left_out_has_no_keys(stage, line, part):
    line.face_part = part
    bpy.ops.emotalk.animate()
    mouth = {name for name in arkit.CHANNELS if name.startswith(("jaw", "mouth", "tongue"))}
    assert set(keyed(stage)) == (mouth if part == "Mouth" else set(arkit.CHANNELS) - mouth)


def test_the_mouth_alone_leaves_the_head_to_the_animator(add_face, add_armature, line_wav):
    rig = add_armature()
    add_face(armature=rig)
    line = line_to_set(bpy.context.scene)
    line.audio, line.face_part = str(line_wav), "Mouth"
    bpy.ops.emotalk.animate()
    assert not any("bones" in curve.data_path for curve in active_curves(rig))
    line.face_part = "Upper face"
    bpy.ops.emotalk.animate()
    assert any("bones" in curve.data_path for curve in active_curves(rig))
