"""The emotion of a line over time, as keys on its sliders."""

import bpy
import numpy as np
import pytest
from emotalk.blender_emotalk import emotion_track
from emotalk.blender_emotalk.actions import active_curves
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.blender_emotalk.keyframes import Timing
from emotalk.blender_emotalk.lines import control_values
from emotalk.face.emotions import EMOTIONS
from emotalk.inference.contract import EmoTalkError
from emotalk.inference.heard_emotions import HeardEmotions
from emotalk.inference.registry import COMPACT_SPEC


@pytest.fixture
def line():
    line = line_to_set(bpy.context.scene)
    line.name = "Ann 3"
    return line


def curve(line, name):
    path = line.path_from_id(name)
    return next(curve for curve in active_curves(bpy.context.scene) if curve.data_path == path)


def keys(line, name):
    return [(point.co.x, pytest.approx(point.co.y)) for point in curve(line, name).keyframe_points]


def test_one_press_keys_every_emotion_and_the_intensity(line):
    line.happy, line.intensity = 0.6, 1.2
    bpy.context.scene.frame_set(24)
    bpy.ops.emotalk.key_emotion()
    curves = active_curves(bpy.context.scene)
    assert {found.data_path for found in curves} == {line.path_from_id(name) for name in (*EMOTIONS, "intensity")}
    assert {found.group.name for found in curves} == {"Emotion of Ann 3"}
    assert keys(line, "happy") == [(24, 0.6)]
    assert keys(line, "intensity") == [(24, 1.2)]
    assert keys(line, "sad") == [(24, 0)]


def test_an_emotion_between_two_frames_comes_and_goes(line):
    line.anger = 0.8
    emotion_track.apply_between(line, 20, 50, 6)
    assert keys(line, "anger") == [(14, 0), (20, 0.8), (50, 0.8), (56, 0)]
    assert keys(line, "intensity") == [(14, 1), (20, 1), (50, 1), (56, 1)]
    track = control_values(line, COMPACT_SPEC, Timing(1, 1), 70)["anger"]
    assert track[:13] == [0] * 13
    assert track[19:50] == pytest.approx([0.8] * 31)
    assert track[56:] == [0] * 14
    assert all(0 <= value <= 0.8 + 1e-6 for value in track)


def test_the_second_emotion_leaves_what_is_around_it(line):
    line.happy = 0.5
    emotion_track.apply_between(line, 10, 100, 5)
    line.happy, line.sad = 0, 1
    emotion_track.apply_between(line, 40, 60, 5)
    assert keys(line, "happy") == [(5, 0), (10, 0.5), (35, 0.5), (40, 0), (60, 0), (65, 0.5), (100, 0.5), (105, 0)]
    assert curve(line, "sad").evaluate(20) == pytest.approx(0)
    assert curve(line, "sad").evaluate(50) == pytest.approx(1)
    assert curve(line, "sad").evaluate(70) == pytest.approx(0)


def test_the_same_stretch_again_replaces_its_keys(line):
    for value in (0.4, 0.9):
        line.fear = value
        emotion_track.apply_between(line, 10, 20, 4)
    assert keys(line, "fear") == [(6, 0), (10, 0.9), (20, 0.9), (24, 0)]


def test_without_a_transition_it_switches_within_a_frame(line):
    line.fear = 0.7
    emotion_track.apply_between(line, 10, 10, 0)
    assert keys(line, "fear") == [(9, 0), (10, 0.7), (11, 0)]


def test_frames_the_wrong_way_round_change_nothing(line):
    with pytest.raises(EmoTalkError, match="ends at frame 5, before it begins at 9"):
        emotion_track.apply_between(line, 9, 5, 2)
    with pytest.raises(RuntimeError, match="exchange the two"):
        bpy.ops.emotalk.apply_emotion(first=9, last=5)
    assert not active_curves(bpy.context.scene)


def test_the_button_takes_seconds(line):
    line.happy = 1
    bpy.context.scene.render.fps = 20
    bpy.ops.emotalk.apply_emotion(first=30, last=40, transition=0.25)
    assert [frame for frame, _value in keys(line, "happy")] == [25, 30, 40, 45]


def test_earlier_keys_within_the_stretch_are_replaced(line):
    line.happy = 0.2
    for frame in (8, 15, 30):
        line.keyframe_insert("happy", frame=frame)
    line.happy = 0.9
    emotion_track.apply_between(line, 10, 20, 4)
    assert keys(line, "happy") == [(6, 0.2), (10, 0.9), (20, 0.9), (24, 0.2), (30, 0.2)]


def heard_in_eight_seconds():
    rows = np.zeros((33, 2), np.float32)
    rows[:, 0] = np.clip(np.linspace(-0.5, 1.5, 33), 0, 1)
    rows[:, 1] = 0.3 * (np.arange(33) < 8)
    return HeardEmotions(("happy", "sad"), rows, 4.0)


def test_heard_emotions_become_few_keys_within_the_line(line):
    line.anger, line.happy = 0.7, 0.2
    emotion_track.apply_between(line, 20, 30, 2)
    scene = bpy.context.scene
    heard = heard_in_eight_seconds()
    count = emotion_track.key_heard(line, heard, 8.0, Timing.of(scene, 11, heard.rate))
    fps = scene.render.fps
    assert count == sum(len(curve(line, name).keyframe_points) for name in EMOTIONS[1:])
    assert count < 40
    for row in range(33):
        frame = 11 + row / 4 * fps
        assert curve(line, "happy").evaluate(frame) == pytest.approx(heard.weights[row, 0], abs=0.04)
        assert curve(line, "anger").evaluate(frame) == 0
    assert (line.happy, line.anger) == (pytest.approx(0.2), pytest.approx(0.7))
    assert keys(line, "intensity")[0][0] == 18


def test_keys_before_and_after_the_line_stay(line):
    line.happy = 0.5
    for frame in (1, 40, 900):
        line.keyframe_insert("happy", frame=frame)
    heard = HeardEmotions(("sad",), np.full((1, 1), 0.4, np.float32), 4.0)
    emotion_track.key_heard(line, heard, 2.0, Timing.of(bpy.context.scene, 30, heard.rate))
    assert keys(line, "happy") == [(1, 0.5), (30, 0), (900, 0.5)]
    assert keys(line, "sad") == [(30, 0.4)]


def test_a_model_without_these_emotions_refuses_what_was_heard(line):
    heard = HeardEmotions(("bored",), np.full((1, 1), 0.4, np.float32), 4.0)
    with pytest.raises(EmoTalkError, match="none of the emotions bored"):
        emotion_track.key_heard(line, heard, 2.0, Timing(1, 6))
    assert not active_curves(bpy.context.scene)
