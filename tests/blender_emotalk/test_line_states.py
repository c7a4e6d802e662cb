"""The state of a line: what the list shows after the animator has changed something."""

import os
import shutil
from pathlib import Path

import bpy
import pytest
from emotalk.blender_emotalk import line_states
from emotalk.blender_emotalk.actions import all_curves
from emotalk.blender_emotalk.strips import find_sound_strip
from emotalk.face.controls import CONTROLS


@pytest.fixture
def line(add_face, line_wav, tmp_path):
    """A line that was just animated; its sound is a file of its own."""
    face = add_face()
    bpy.ops.emotalk.animate(audio=str(shutil.copy(line_wav, tmp_path / "take.wav")), character=face.name)
    (line,) = bpy.context.scene.emotalk.lines
    assert line.state == "ANIMATED"
    assert line.key_count > 100
    return line


def state(line):
    line_states.refresh(bpy.context.scene)
    return line.state


def move_a_key(line):
    curve = max(all_curves(bpy.data.actions[0]), key=lambda curve: len(curve.keyframe_points))
    curve.keyframe_points[3].co.y += 0.2


def rewrite_sound(line):
    os.utime(line.audio, (1, 1))


def key_a_slider(line):
    line.happy = 0.0
    line.keyframe_insert("happy", frame=5)


CHANGES = {
    "start frame": (lambda line: setattr(line, "start_frame", 9), "STALE"),
    "model": (lambda line: setattr(line, "model", "theirs"), "STALE"),
    "tolerance": (lambda line: setattr(line, "key_tolerance", 0.05), "STALE"),
    "character": (lambda line: setattr(line, "character", None), "STALE"),
    "an emotion of the model's own": (lambda line: setattr(line.own_emotions.add(), "weight", 0.5), "STALE"),
    "sound on disk": (rewrite_sound, "STALE"),
    "missing sound": (lambda line: Path(line.audio).unlink(), "STALE"),
    "keyed slider": (key_a_slider, "STALE"),
    "frame rate": (lambda _line: setattr(bpy.context.scene.render, "fps", 30), "STALE"),
    "a key": (move_a_key, "EDITED"),
    "removed keys": (lambda _line: bpy.ops.emotalk.clear(), "NEW"),
    "failure": (lambda line: line_states.remember_failure(line, "No"), "FAILED"),
    "text": (lambda line: setattr(line, "text", "Hello"), "STALE"),
    "name": (lambda line: setattr(line, "name", "other"), "ANIMATED"),
    "mark": (lambda line: setattr(line, "selected", True), "ANIMATED"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_a_change_does_to_the_state(line, change):
    make, expected = CHANGES[change]
    make(line)
    assert state(line) == expected


@pytest.mark.parametrize("control", [control.name for control in CONTROLS])
def test_every_slider_makes_the_line_stale_and_fresh_again(line, control):
    before = getattr(line, control)
    prop = line.bl_rna.properties[control]
    if prop.type == "ENUM":
        new = prop.enum_items[-1].identifier
    elif prop.type == "STRING":
        new = "Crisp"
    else:
        new = prop.hard_min if before == prop.hard_max else prop.hard_max
    setattr(line, control, new)
    assert state(line) == "STALE"
    setattr(line, control, before)
    assert state(line) == "ANIMATED"


def test_a_moved_strip_makes_its_line_stale(line):
    bpy.ops.emotalk.place_sound()
    assert state(line) == "ANIMATED"
    strip = find_sound_strip(bpy.context.scene, line.strip)
    strip.frame_start += 10
    assert state(line) == "STALE"
    strip.frame_start -= 10
    strip.frame_final_end -= 5
    assert state(line) == "STALE"


def test_the_state_and_its_reasons_are_in_the_file(line, tmp_path):
    path = str(tmp_path / "scene.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    (line,) = bpy.context.scene.emotalk.lines
    assert (line.state, state(line)) == ("ANIMATED", "ANIMATED")


def test_another_line_changes_nothing(line, line_wav):
    bpy.ops.emotalk.animate(audio=str(line_wav), start_frame=300)
    first, second = bpy.context.scene.emotalk.lines
    assert (first.state, second.state) == ("ANIMATED", "ANIMATED")
    second.happy = 0.5
    assert (state(first), state(second)) == ("ANIMATED", "STALE")


def test_a_packed_sound_does_not_change_with_its_file(line):
    bpy.ops.emotalk.place_sound()
    find_sound_strip(bpy.context.scene, line.strip).sound.pack()
    bpy.ops.emotalk.animate()
    os.utime(line.audio, (1, 1))
    assert state(line) == "ANIMATED"
