"""The states of the lines follow what the animator does, without being asked."""

import bpy
import pytest
from emotalk.blender_emotalk import hand_edits, line_states, watching
from emotalk.blender_emotalk.actions import all_curves
from emotalk.blender_emotalk.strips import find_sound_strip


@pytest.fixture
def line(stage, monkeypatch):
    """An animated line in a Blender that behaves as if it had a window; looking is up to the test."""
    bpy.ops.emotalk.animate()
    monkeypatch.setattr(watching, "look_later", lambda: asked.append(True))
    asked.clear()
    bpy.context.view_layer.update()
    watching.look()
    return bpy.context.scene.emotalk.lines[0]


asked = []


def test_a_moved_slider(line):
    line.happy = 0.5
    assert watching.look() is None
    assert line.state == "STALE"


def test_a_moved_key(line):
    action = bpy.data.actions[0]
    max(all_curves(action), key=lambda curve: len(curve.keyframe_points)).keyframe_points[3].co.y += 0.2
    action.update_tag()
    bpy.context.view_layer.update()
    assert asked
    watching.look()
    assert line.state == "EDITED"


def test_keys_that_did_not_change_are_not_read_again(line, monkeypatch):
    read = []
    monkeypatch.setattr(hand_edits, "is_edited", lambda action: bool(read.append(action)))
    line.happy = 0.5
    watching.look()
    assert not read
    line_states.refresh(bpy.context.scene)
    assert len(read) == 1


def test_an_undo_looks_at_everything(line):
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
        bpy.ops.ed.undo_push(message="before")
        bpy.ops.emotalk.animate("EXEC_DEFAULT", True, start_frame=9)
        asked.clear()
        bpy.ops.ed.undo()
    assert asked


def test_nothing_is_looked_at_while_a_line_is_animated(line, monkeypatch):
    monkeypatch.setattr(watching.batch, "is_busy", lambda: True)
    line.happy = 0.5
    assert watching.look() > 0
    assert line.state == "ANIMATED"


@pytest.fixture
def strip(line):
    """The strip of the line, which is fresh."""
    bpy.ops.emotalk.place_sound()
    watching.look()
    assert line.state == "ANIMATED"
    return find_sound_strip(bpy.context.scene, line.strip)


def look_until_idle():
    while watching.look() is not None:
        pass


def first_key():
    return min(curve.range()[0] for curve in all_curves(bpy.data.actions["EmoTalk line"]))


def test_a_line_follows_its_strip(line, strip):
    before = first_key()
    strip.frame_start += 20
    look_until_idle()
    assert line.state == "ANIMATED"
    assert first_key() == before + 20
    strip.frame_final_end -= 60
    end = max(curve.range()[1] for curve in all_curves(bpy.data.actions["EmoTalk line"]))
    look_until_idle()
    assert max(curve.range()[1] for curve in all_curves(bpy.data.actions["EmoTalk line"])) < end - 50


def test_edits_move_with_the_strip(line, strip):
    curve = max(all_curves(bpy.data.actions["EmoTalk line"]), key=lambda curve: len(curve.keyframe_points))
    path, frame = curve.data_path, curve.keyframe_points[5].co.x
    for point in list(curve.keyframe_points)[4:7]:
        point.co.y = 0.9
    watching._changed.add(bpy.data.actions["EmoTalk line"].session_uid)
    watching.look()
    assert line.state == "EDITED"
    strip.frame_start += 20
    look_until_idle()
    curve = next(curve for curve in all_curves(bpy.data.actions["EmoTalk line"]) if curve.data_path == path)
    assert curve.evaluate(frame + 20) == pytest.approx(0.9, abs=0.02)
    assert line.state == "EDITED"


def test_a_line_that_shall_not_follow_is_marked(line, strip):
    bpy.context.scene.emotalk.follows_strips = False
    before = first_key()
    strip.frame_start += 20
    look_until_idle()
    assert (line.state, first_key()) == ("STALE", before)


def test_a_line_with_other_changes_does_not_follow_by_itself(line, strip):
    line.happy = 1
    before = first_key()
    strip.frame_start += 20
    look_until_idle()
    assert (line.state, first_key()) == ("STALE", before)


def test_a_key_that_a_change_of_the_frame_shows_first(line):
    action = bpy.data.actions[0]
    max(all_curves(action), key=lambda curve: len(curve.keyframe_points)).keyframe_points[3].co.y += 0.2
    action.update_tag()
    bpy.context.scene.frame_set(20)
    assert asked
    watching.look()
    assert line.state == "EDITED"
