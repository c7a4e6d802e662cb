"""A live line follows its sliders."""

import time
from types import SimpleNamespace

import bpy
import pytest
from emotalk.blender_emotalk import live, runs, slider_messages
from emotalk.blender_emotalk.actions import active_curves
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.blender_emotalk.properties import LineProperties, OwnEmotion, ShapeAdjustment
from emotalk.face.controls import CONTROLS, LINE_CONTROLS


def test_every_slider_is_watched(monkeypatch):
    watched = []
    messages = SimpleNamespace(subscribe_rna=lambda key, **given: watched.append((key, given["notify"])))
    monkeypatch.setattr(slider_messages, "bpy", SimpleNamespace(msgbus=messages))
    live.watch()
    sliders = [control.name for control in (*CONTROLS, *LINE_CONTROLS)]
    rows = [(OwnEmotion, "weight"), (ShapeAdjustment, "multiplier"), (ShapeAdjustment, "offset")]
    keys = [*((LineProperties, name) for name in (*sliders, "model")), *rows]
    assert watched == [(key, live.slider_moved) for key in keys]


@pytest.fixture
def line(stage):
    line = line_to_set(bpy.context.scene)
    line.key_tolerance = 0
    bpy.ops.emotalk.animate()
    return line


def settle(seconds=20):
    """Ticks, as Blender's event loop would give, until all changes are on the face."""
    until = time.monotonic() + seconds
    while live.tick() is not None:
        assert time.monotonic() < until
        time.sleep(0.005)


def smile(face):
    curve = next(curve for curve in active_curves(face.data.shape_keys) if "mouthSmileLeft" in curve.data_path)
    return curve.evaluate(2)


def test_the_face_follows_a_slider(stage, line):
    before = smile(stage)
    line.live, line.happy = True, 1
    live.slider_moved()
    settle()
    assert smile(stage) > before + 0.2
    assert [action.name for action in bpy.data.actions] == ["EmoTalk line"]


def test_the_face_follows_a_button(stage, line):
    before = smile(stage)
    line.live = True
    bpy.ops.emotalk.set_emotion(emotion="happy")
    settle()
    assert smile(stage) > before + 0.2
    bpy.ops.emotalk.reset_controls()
    settle()
    assert smile(stage) == pytest.approx(before, abs=1e-5)


def test_changes_during_a_run_are_not_lost(stage, line):
    line.live = True
    before = smile(stage)
    for value in (0.2, 0.6, 1, 0):
        line.happy = value
        live.slider_moved()
        live.tick()
    settle()
    assert smile(stage) == pytest.approx(before, abs=1e-5)


def test_the_panel_stays_calm(stage, line):
    line.live, line.happy = True, 1
    live.slider_moved()
    live.tick()
    assert not bpy.context.window_manager.emotalk.running
    settle()


def test_without_live_nothing_happens(stage, line):
    before = smile(stage)
    line.happy = 1
    live.slider_moved()
    assert live.tick() is None
    assert smile(stage) == before


def test_what_cannot_be_performed_is_live_no_more(stage, line):
    line.live, line.audio = True, "/nowhere.wav"
    live.slider_moved()
    settle()
    assert not line.live
    assert "There is no file" in bpy.context.window_manager.emotalk.message


def test_another_file_ends_it(stage, line):
    line.live, line.happy = True, 1
    live.slider_moved()
    live.tick()
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    assert live.tick() is None
    assert not bpy.data.actions


def test_after_an_undo_the_keys_are_those_of_the_sliders(stage, line):
    """Blender's own step at a slider's release comes before Live has written, as here."""
    before = smile(stage)
    line.live = True
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
        bpy.ops.ed.undo_push(message="Live on")
        for value in (1, 0.5):
            line_to_set(bpy.context.scene).happy = value
            bpy.ops.ed.undo_push(message="Happy")
            live.slider_moved()
            settle()
        half = smile(bpy.data.objects["Face"])
        bpy.ops.ed.undo()
        assert line_to_set(bpy.context.scene).happy == 1
        settle()
        full = smile(bpy.data.objects["Face"])
        assert full > half + 0.05 > before + 0.1
        bpy.ops.ed.undo()
        assert smile(bpy.data.objects["Face"]) == pytest.approx(before, abs=1e-5)
        bpy.ops.ed.redo()
        settle()
        assert smile(bpy.data.objects["Face"]) == pytest.approx(full, abs=1e-5)


def test_an_undo_of_anything_else_leaves_edited_keys_alone(stage, line, key_bytes):
    line.live = True
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
        line_to_set(bpy.context.scene).happy = 1
        live.slider_moved()
        settle()
        point = active_curves(bpy.data.objects["Face"].data.shape_keys)[0].keyframe_points[0]
        point.co.y += 0.3
        bpy.ops.ed.undo_push(message="edited")
        edited = key_bytes(bpy.data.objects["Face"])
        bpy.data.objects["Face"].location.x = 2
        bpy.ops.ed.undo_push(message="moved")
        bpy.ops.ed.undo()
        settle()
        assert key_bytes(bpy.data.objects["Face"]) == edited


def test_short_and_long_lines_get_the_same_keys(stage, line, key_bytes, monkeypatch):
    short = key_bytes(stage)
    monkeypatch.setattr(runs, "_LONGEST_MESSAGE", 0)
    monkeypatch.setattr(runs, "_FEW_FRAMES", 0)
    bpy.ops.emotalk.animate()
    assert key_bytes(stage) == short
