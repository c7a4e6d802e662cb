"""The buttons of the dialogue list."""

import shutil
import wave

import bpy
import numpy as np
import pytest


def lines():
    return bpy.context.scene.emotalk.lines


@pytest.fixture
def folder(tmp_path, line_wav):
    """Three sounds of 1, 2 and 3 seconds, and a text."""
    for seconds in (1, 2, 3):
        with wave.open(str(tmp_path / f"take{seconds}.wav"), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(np.zeros(8000 * seconds, np.int16).tobytes())
    (tmp_path / "notes.txt").write_text("Remember the milk")
    return tmp_path


def add(folder, *names, **options):
    return bpy.ops.emotalk.add_lines(directory=str(folder), files=[{"name": name} for name in names], **options)


def test_each_file_becomes_a_line_that_follows_the_one_before(folder):
    bpy.context.scene.render.fps = 24
    bpy.context.scene.frame_set(10)
    assert add(folder, "take1.wav", "take2.wav", "take3.wav") == {"FINISHED"}
    assert [(line.name, line.start_frame) for line in lines()] == [("take1", 10), ("take2", 34), ("take3", 82)]
    assert bpy.context.scene.emotalk.active_index == 2


def test_all_can_start_at_the_same_frame(folder):
    assert add(folder, "take1.wav", "take2.wav", one_after_another=False) == {"FINISHED"}
    assert [line.start_frame for line in lines()] == [1, 1]


def test_what_is_no_sound_is_named_and_the_rest_is_added(folder):
    with pytest.raises(RuntimeError, match=r"notes\.txt is not a sound file of a known kind"):
        add(folder, "notes.txt", "take1.wav")
    assert [line.name for line in lines()] == ["take1"]
    with pytest.raises(RuntimeError, match="No file is chosen"):
        bpy.ops.emotalk.add_lines()


def test_the_active_face_speaks_them_else_who_speaks_the_line_before(folder, add_face):
    face = add_face()
    add(folder, "take1.wav")
    bpy.ops.object.camera_add()
    add(folder, "take2.wav")
    assert [line.character for line in lines()] == [face, face]


def test_without_a_face_nobody_is_chosen(folder):
    bpy.ops.object.camera_add()
    add(folder, "take1.wav")
    assert lines()[0].character is None


def test_flac_and_mp3_follow_each_other_too(tmp_path, line_wav):
    if not shutil.which("ffmpeg"):
        pytest.skip("needs ffmpeg")
    import subprocess

    for name in ("a.flac", "b.mp3", "c.wav"):
        subprocess.run(["ffmpeg", "-v", "error", "-i", line_wav, tmp_path / name], check=True)
    bpy.context.scene.render.fps = 100
    add(tmp_path, "a.flac", "b.mp3", "c.wav")
    first, second, third = [line.start_frame for line in lines()]
    assert second - first == pytest.approx(third - second, abs=15)
    assert second - first > 100


def test_move_stops_at_the_ends(folder):
    add(folder, "take1.wav", "take2.wav")
    assert bpy.ops.emotalk.move_line(direction="DOWN") == {"CANCELLED"}
    assert bpy.ops.emotalk.move_line(direction="UP") == {"FINISHED"}
    assert [line.name for line in lines()] == ["take2", "take1"]
    assert bpy.context.scene.emotalk.active_index == 0


def test_the_keys_of_a_removed_line_stay(stage):
    bpy.ops.emotalk.animate()
    assert bpy.ops.emotalk.remove_line() == {"FINISHED"}
    assert not lines()
    assert [action.name for action in bpy.data.actions] == ["EmoTalk line"]
    with pytest.raises(RuntimeError, match="Add a line first"):
        bpy.ops.emotalk.remove_line()


def test_lines_that_need_a_run_can_be_selected(folder, stage):
    bpy.ops.emotalk.animate()
    add(folder, "take1.wav")
    lines()[0].selected = True
    bpy.ops.emotalk.select_lines(action="STALE")
    assert [line.selected for line in lines()] == [False, True]
    bpy.ops.emotalk.select_lines(action="SELECT")
    assert [line.selected for line in lines()] == [True, True]
