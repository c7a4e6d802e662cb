"""The states of the lines follow what the animator does, without being asked."""

import bpy
import pytest
from emotalk.blender_emotalk import hand_edits, line_states, watching
from emotalk.blender_emotalk.actions import all_curves


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
