"""An edit of a sound is performed for its stretch: the other keys and the animator's edits stay to the last bit."""

import runpy
from pathlib import Path

import bpy
import numpy as np
import pytest
from emotalk.blender_emotalk import alignments, hand_edits, line_states, runs
from emotalk.blender_emotalk.actions import all_curves
from emotalk.blender_emotalk.curve_copies import copied_points, keys_of
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.blender_emotalk.sound_edits import SoundEdit
from emotalk.blender_emotalk.stretches import FADE, REACH
from emotalk.face.alignment import Alignment
from emotalk.face.alignment_edits import change_sound, insert_closure, move_boundary, sound_at
from emotalk.face.key_reduction import SparseKeys
from emotalk.inference.contract import EmoTalkError

_SPOKEN = runpy.run_path(str(Path(__file__).parents[1] / "spoken_line.py"))
TEXT, SPOKEN = _SPOKEN["TEXT"], _SPOKEN["alignment"]()
B_OF_MAYBE = sound_at(SPOKEN, 2.41)


@pytest.fixture
def line(stage, request):
    """An animated line with its words and sounds."""
    scene = bpy.context.scene
    scene.render.fps = 30
    line = line_to_set(scene)
    line.key_tolerance, line.text = getattr(request, "param", 0.004), TEXT
    alignments.store(line, SPOKEN, TEXT, alignments.sound_mark(line, scene))
    assert bpy.ops.emotalk.animate() == {"FINISHED"}
    return line


def action():
    (found,) = (action for action in bpy.data.actions if action.name.startswith("EmoTalk"))
    return found


def curve(channel):
    return next(curve for curve in all_curves(action()) if f'"{channel}"' in curve.data_path)


def everything():
    """All about all keys, and what is stored on the action and the line."""
    line = line_to_set(bpy.context.scene)
    points = {one.data_path: copied_points(one.keyframe_points) for one in all_curves(action())}
    stored = {name: bytes(value) if name.endswith("curves") else value for name, value in action().items()}
    return points, stored, (line.alignment, line.aligned, line.state, line.performed_inputs)


def is_same(one, other):
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


def edited(line, change):
    edit = SoundEdit(bpy.context, line)
    edit.set(change(edit.before))
    return edit.keep()


def frame_of(seconds):
    return 1 + 30 * seconds


def outside(points, first, last, before=None):
    """Keys beyond a stretch and beyond the keys next to it that there were before."""
    frames, were = points["co"][:, 0], (before or points)["co"][:, 0]
    left = were[were <= np.floor(frame_of(first - REACH - FADE))]
    right = were[were >= np.ceil(frame_of(last + REACH + FADE))]
    beyond = np.zeros(len(frames), bool)
    if len(left):
        beyond |= frames < left[-1]
    if len(right):
        beyond |= frames > right[0]
    return {name: values[beyond] for name, values in points.items()}


@pytest.mark.parametrize("line", [0.004, 0], indirect=True)
def test_the_mouth_follows_and_all_other_keys_stay_to_the_last_bit(line):
    before = everything()[0]
    closed_before = curve("mouthClose").evaluate(frame_of(2.6))
    phone = SPOKEN.phones[B_OF_MAYBE + 1]
    sentence = edited(line, lambda sounds: insert_closure(sounds, 2.6))
    assert sentence.startswith("Face speaks 0.25 s of 'line' anew")
    assert curve("mouthClose").evaluate(frame_of(2.6)) > closed_before + 0.05
    after = everything()[0]
    assert after.keys() == before.keys()
    for path in before:
        old, new = (outside(points, phone.start, phone.end, before[path]) for points in (before[path], after[path]))
        assert is_same(old, new), path
    assert any(not is_same(before[path], after[path]) for path in before)
    assert line.state == line_states.ANIMATED
    assert [action.name for action in bpy.data.actions] == ["EmoTalk line"]


def test_the_stretch_is_what_a_whole_run_would_give(line):
    edited(line, lambda sounds: insert_closure(sounds, 2.6))
    at = [curve("mouthClose").evaluate(frame) for frame in range(int(frame_of(2.5)), int(frame_of(2.7)))]
    bpy.ops.emotalk.clear()
    bpy.ops.emotalk.animate()
    whole = [curve("mouthClose").evaluate(frame) for frame in range(int(frame_of(2.5)), int(frame_of(2.7)))]
    assert at == pytest.approx(whole, abs=2 * 0.004)


def test_edits_of_keys_stay_where_they_are(line):
    for channel, seconds in (("jawOpen", 4.5), ("browInnerUp", 2.41)):
        points = curve(channel).keyframe_points
        points.insert(round(frame_of(seconds)), 0.77)
    there = {channel: curve(channel) for channel in ("jawOpen", "browInnerUp")}
    before = copied_points(there["jawOpen"].keyframe_points)
    edited(line, lambda sounds: change_sound(sounds, B_OF_MAYBE, "AA"))
    after = copied_points(curve("jawOpen").keyframe_points)
    assert is_same(outside(before, 2.384, 2.435), outside(after, 2.384, 2.435, before))
    assert curve("browInnerUp").evaluate(round(frame_of(2.41))) == pytest.approx(0.77, abs=0.1)
    assert set(hand_edits.edited_channels(action())) == {"jawOpen", "browInnerUp"}
    assert line.state == line_states.EDITED
    bpy.ops.emotalk.animate()
    assert curve("jawOpen").evaluate(round(frame_of(4.5))) == pytest.approx(0.77, abs=1e-3)


def test_a_cancelled_edit_leaves_no_trace(line):
    curve("jawOpen").keyframe_points.insert(40, 0.77)
    line_states.refresh_line(line, bpy.context.scene)
    before = everything()
    edit = SoundEdit(bpy.context, line)
    for time in (2.3, 2.35, 2.45):
        edit.set(move_boundary(edit.before, B_OF_MAYBE, time))
        while not edit.look():
            pass
    assert not is_same(everything()[0]['key_blocks["jawOpen"].value'], before[0]['key_blocks["jawOpen"].value'])
    edit.cancel()
    after = everything()
    assert after[1:] == before[1:]
    for path, points in before[0].items():
        for name, values in points.items():
            assert np.array_equal(values, after[0][path][name]), (path, name)


def test_a_drag_ends_as_if_it_had_been_one_step(line):
    edit = SoundEdit(bpy.context, line)
    for time in (2.3, 2.47, 2.42):
        edit.set(move_boundary(edit.before, B_OF_MAYBE, time))
        while not edit.look():
            pass
    edit.keep()
    dragged = everything()
    bpy.ops.emotalk.clear()
    line.alignment = line.aligned
    bpy.ops.emotalk.animate()
    edited(line, lambda sounds: move_boundary(sounds, B_OF_MAYBE, 2.42))
    stepped = everything()
    assert stepped[2] == dragged[2]
    assert all(np.allclose(keys["co"], stepped[0][path]["co"], atol=1e-6) for path, keys in dragged[0].items())


def test_a_stale_line_stays_stale(line):
    line.happy = 0.5
    line_states.refresh(bpy.context.scene)
    edited(line, lambda sounds: change_sound(sounds, B_OF_MAYBE, "AA"))
    assert line.state == line_states.STALE


def test_a_line_that_moved_since_is_performed_anew(line):
    line.start_frame = 50
    edited(line, lambda sounds: change_sound(sounds, B_OF_MAYBE, "AA"))
    assert line.state == line_states.ANIMATED
    assert keys_of(curve("jawOpen")).frames[0] > 30


def test_sounds_without_keys_and_without_a_model_that_can_be_told(line):
    bpy.ops.emotalk.clear()
    assert edited(line, lambda sounds: change_sound(sounds, B_OF_MAYBE, "M")).endswith("press Animate to see it")
    assert alignments.is_edited(line)
    assert not bpy.data.actions


def test_what_cannot_be_edited_says_why(line):
    line.alignment = ""
    with pytest.raises(EmoTalkError, match="no sounds yet"):
        SoundEdit(bpy.context, line)
    run = runs.start(bpy.context)
    with pytest.raises(EmoTalkError, match="being animated"):
        SoundEdit(bpy.context, line)
    run.cancel()


def test_a_heard_line_changes_only_where_it_was_edited(line):
    bpy.ops.emotalk.clear()
    line.text = ""
    alignments.store(line, Alignment(SPOKEN.phones), "", alignments.sound_mark(line, bpy.context.scene))
    bpy.ops.emotalk.animate()
    listened = everything()[0]
    edited(line, lambda sounds: insert_closure(sounds, 2.6))
    at = sound_at(alignments.alignment_of(line, bpy.context.scene), 2.6)
    closure = alignments.alignment_of(line, bpy.context.scene).phones[at]
    assert closure.name == "M"
    bpy.ops.emotalk.clear()
    bpy.ops.emotalk.animate()
    frames = [*range(1, int(frame_of(2))), *range(int(frame_of(3.2)), 190)]
    for path, points in listened.items():
        now = curve(path.split('"')[1])
        was = SparseKeys(points["co"][:, 0].astype(float), points["co"][:, 1].astype(float))
        at = [frame for frame in frames if frame in was.frames]
        assert [now.evaluate(frame) for frame in at] == pytest.approx(was.at(np.array(at)), abs=2e-3 + 2 * 0.004), path
