"""Captures and exported curves come back as keys, with the sound that lies beside them."""

import shutil

import bpy
import numpy as np
import pytest
from emotalk.blender_emotalk.actions import all_curves
from emotalk.blender_emotalk.strips import all_strips
from emotalk.face.curve_files import write_curves


@pytest.fixture
def capture(performance, tmp_path):
    """A function that writes three seconds of curves to a file; gives the curves and the file."""

    def write(name="take 7.csv"):
        made = performance(frames=90)
        write_curves(tmp_path / name, made)
        return made, tmp_path / name

    return write


def values(action, channel, frames):
    path = f'key_blocks["{channel}"].value'
    curve = next(curve for curve in all_curves(bpy.data.actions[action]) if curve.data_path == path)
    return [curve.evaluate(frame) for frame in frames]


@pytest.mark.parametrize("name", ["take 7.csv", "take 7.npz", "take 7.json"])
def test_the_curves_are_on_the_face(capture, add_face, name):
    made, path = capture(name)
    add_face()
    bpy.context.scene.render.fps = 30
    bpy.context.scene.frame_set(11)
    assert bpy.ops.emotalk.import_curves(filepath=str(path)) == {"FINISHED"}
    found = values("EmoTalk take 7", "jawOpen", range(11, 101))
    assert np.abs(np.array(found) - made.face.channel("jawOpen")).max() < 0.02
    assert not all_strips(bpy.context.scene)


def test_a_rate_that_is_given_counts(capture, add_face):
    made, path = capture()
    add_face()
    bpy.context.scene.render.fps = 30
    bpy.ops.emotalk.import_curves(filepath=str(path), fps=60)
    found = values("EmoTalk take 7", "jawOpen", range(1, 46))
    assert np.abs(np.array(found) - made.face.channel("jawOpen")[::2]).max() < 0.06


def test_the_sound_beside_them_is_placed_and_a_difference_is_said(capture, add_face, line_wav, capsys):
    _made, path = capture()
    shutil.copy(line_wav, path.with_suffix(".wav"))
    add_face()
    bpy.context.scene.frame_set(20)
    assert bpy.ops.emotalk.import_curves(filepath=str(path)) == {"FINISHED"}
    (strip,) = all_strips(bpy.context.scene)
    assert strip.sound.filepath == str(path.with_suffix(".wav"))
    assert "The curves take 3.00 s and take 7.wav 6." in capsys.readouterr().out


def test_what_holds_no_curves_changes_nothing(add_face, tmp_path):
    add_face()
    (tmp_path / "notes.csv").write_text("Remember,the,milk\n1,2,3\n")
    with pytest.raises(RuntimeError, match=r"notes\.csv"):
        bpy.ops.emotalk.import_curves(filepath=str(tmp_path / "notes.csv"))
    with pytest.raises(RuntimeError, match=r"gone\.npz"):
        bpy.ops.emotalk.import_curves(filepath=str(tmp_path / "gone.npz"))
    assert not bpy.data.actions


def test_somebody_must_perform_them(capture):
    with pytest.raises(RuntimeError, match="Click a character"):
        bpy.ops.emotalk.import_curves(filepath=str(capture()[1]))
