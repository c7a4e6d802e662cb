"""The buttons of the dialogue list."""

import os
import shutil
import wave
from pathlib import Path
from types import SimpleNamespace

import bpy
import numpy as np
import pytest
from emotalk.blender_emotalk.access import active_line
from emotalk.operators.add_lines import AddLines, DroppedAudio


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


def test_a_line_whose_sound_has_changed_on_disk_is_selected_as_stale(stage, tmp_path, line_wav):
    path = shutil.copy(line_wav, tmp_path / "take.wav")
    lines()[0].audio = str(path)
    bpy.ops.emotalk.animate()
    os.utime(path, (1, 1))
    assert lines()[0].state == "ANIMATED"
    bpy.ops.emotalk.select_lines(action="STALE")
    assert lines()[0].selected


def test_a_line_begins_at_the_first_whole_frame_after_the_sound_before(folder):
    with wave.open(str(folder / "odd.wav"), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(2 * 8000 * 13 // 10))
    bpy.context.scene.render.fps, bpy.context.scene.render.fps_base = 24, 1.25
    add(folder, "odd.wav", "take1.wav", "take2.wav")
    # 1.3 s are 24.96 frames, and a second is 19.2 of them.
    assert [line.start_frame for line in lines()] == [1, 26, 46]


def test_what_was_added_is_said(folder, capfd):
    add(folder, "take1.wav")
    assert "Added 1 line\n" in capfd.readouterr().out
    add(folder, "take2.wav", "take3.wav")
    assert "Added 2 lines\n" in capfd.readouterr().out


def test_files_that_are_dropped_need_no_browser(folder):
    operator = SimpleNamespace(files=["one"], execute=lambda context: {"FINISHED"})
    assert AddLines.invoke(operator, bpy.context, None) == {"FINISHED"}
    for space, fits in (("VIEW_3D", True), ("SEQUENCE_EDITOR", False)):
        context = SimpleNamespace(area=SimpleNamespace(type=space))
        assert DroppedAudio.poll_drop(context) == fits
    assert not DroppedAudio.poll_drop(SimpleNamespace(area=None))
    assert DroppedAudio.bl_import_operator == AddLines.bl_idname


def test_moving_up_and_down_ends_where_it_began(folder):
    add(folder, "take1.wav", "take2.wav", "take3.wav")
    bpy.context.scene.emotalk.active_index = 1
    for direction, order in (("UP", "213"), ("DOWN", "123"), ("DOWN", "132")):
        assert bpy.ops.emotalk.move_line(direction=direction) == {"FINISHED"}
        assert "".join(line.name[-1] for line in lines()) == order
    assert lines()[bpy.context.scene.emotalk.active_index].name == "take2"


def test_removing_says_that_keys_stay_where_there_are_any(stage, capfd):
    bpy.ops.emotalk.animate()
    bpy.ops.emotalk.duplicate_line()
    capfd.readouterr()
    bpy.ops.emotalk.remove_line()
    assert "stay on the character" not in capfd.readouterr().out
    bpy.ops.emotalk.remove_line()
    assert "The keys of 'line' stay on the character; Clear All removes them" in capfd.readouterr().out


def test_none_can_be_selected(folder):
    add(folder, "take1.wav", "take2.wav")
    lines()[0].selected = True
    bpy.ops.emotalk.select_lines(action="DESELECT")
    assert not any(line.selected for line in lines())


def test_a_line_of_the_report_is_shown_at_its_frame(folder):
    add(folder, "take1.wav", "take2.wav")
    bpy.context.scene.frame_set(500)
    bpy.ops.emotalk.show_line(identity=lines()[0].identity)
    assert (bpy.context.scene.emotalk.active_index, bpy.context.scene.frame_current) == (0, lines()[0].start_frame)


def test_an_index_beyond_the_list_means_its_last_line(folder):
    add(folder, "take1.wav", "take2.wav")
    bpy.context.scene.emotalk.active_index = 7
    assert active_line(bpy.context.scene) == lines()[1]


def test_solo_plays_only_the_line_and_once_more_all(stage):
    scene = bpy.context.scene
    with pytest.raises(RuntimeError, match="no keys yet"):
        bpy.ops.emotalk.solo_line()
    bpy.ops.emotalk.animate(start_frame=100)
    first, last = bpy.data.actions["EmoTalk line"].frame_range
    assert bpy.ops.emotalk.solo_line() == {"FINISHED"}
    assert scene.use_preview_range
    assert (scene.frame_preview_start, scene.frame_preview_end, scene.frame_current) == (first, last, first)
    bpy.ops.emotalk.solo_line()
    assert not scene.use_preview_range


def test_a_scene_that_is_saved_elsewhere_finds_its_sounds(folder, tmp_path_factory):
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "scene.blend"))
    add(folder, "take1.wav")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path_factory.mktemp("elsewhere") / "scene.blend"))
    assert Path(bpy.path.abspath(lines()[0].audio)) == folder / "take1.wav"
