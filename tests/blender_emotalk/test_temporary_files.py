"""Temporary files: one sentence when there can be none, and nothing is left of a Blender that was killed."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import bpy
import pytest
from emotalk import registration
from emotalk.blender_emotalk import runs, temporary_files
from emotalk.blender_emotalk.strips import all_strips
from emotalk.inference.contract import EmoTalkError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The temporary folder of this test."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def gone():
    """The id of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_files_lie_in_a_folder_of_this_process_which_goes_with_the_last(folder):
    paths = [temporary_files.new_file(".npz"), temporary_files.new_file(".wav", b"sound")]
    assert {path.parent.parent for path in paths} == {folder}
    assert paths[0].parent.name.startswith(f"emotalk-{os.getpid()}-")
    assert paths[1].read_bytes() == b"sound"
    assert paths[1].suffix == ".wav"
    for path in paths:
        temporary_files.remove(path)
    assert not list(folder.iterdir())


def test_a_folder_that_somebody_has_removed_is_made_again(folder):
    path = temporary_files.new_file("")
    path.unlink()
    path.parent.rmdir()
    assert temporary_files.new_file("").exists()


@pytest.mark.parametrize("state", ["gone", "full"])
def test_without_room_there_is_one_sentence(stage, tmp_path, monkeypatch, state):
    monkeypatch.setattr(runs, "_LONGEST_MESSAGE", 0)  # as for a long line
    if state == "gone":
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nonexistent"))
    else:
        monkeypatch.setattr("tempfile.mkstemp", lambda **_: (_ for _ in ()).throw(OSError(28, "No space left")))
    with pytest.raises(RuntimeError, match=r"No temporary file can be written to .*; make room there, or start"):
        bpy.ops.emotalk.animate()
    state = bpy.context.window_manager.emotalk
    assert state.failed
    assert state.message.startswith("No temporary file can be written")
    monkeypatch.undo()
    assert bpy.ops.emotalk.animate() == {"FINISHED"}


def test_a_run_leaves_no_file(stage, folder, monkeypatch):
    monkeypatch.setattr(runs, "_LONGEST_MESSAGE", 0)
    made = []
    new_file = temporary_files.new_file
    monkeypatch.setattr(temporary_files, "new_file", lambda *given: made.append(new_file(*given)) or made[-1])
    assert bpy.ops.emotalk.animate() == {"FINISHED"}
    assert [path.suffix for path in made] == [".npz"]
    assert not made[0].exists()


def test_a_packed_sound_with_a_long_ending(stage, tmp_path, line_wav):
    bpy.ops.emotalk.place_sound()
    strip = all_strips(bpy.context.scene)[0]
    strip.sound.pack()
    strip.sound.filepath = "//line." + "x" * 300
    assert bpy.ops.emotalk.animate() == {"FINISHED"}


def test_leftovers_of_dead_processes_are_removed(folder, gone):
    left = folder / f"emotalk-{gone}-abcdefgh"
    (left / "deep").mkdir(parents=True)
    (left / "sound.npy").write_bytes(bytes(1000))
    temporary_files.remove_leftovers()
    assert not left.exists()


def test_they_are_removed_when_the_extension_is_enabled(folder, gone):
    left = folder / f"emotalk-{gone}-abcdefgh"
    left.mkdir()
    registration.unregister()
    registration.register()
    assert not left.exists()


def test_everything_else_stays(folder, gone, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "mine.wav").write_bytes(b"mine")
    (folder / f"emotalk-{gone}-linked__").symlink_to(elsewhere, target_is_directory=True)
    inside = folder / f"emotalk-{gone}-abcdefgh"
    inside.mkdir()
    (inside / "link").symlink_to(elsewhere, target_is_directory=True)
    (folder / f"emotalk-{gone}-filefile").write_bytes(b"a file")
    kept = [
        f"emotalk-{os.getpid()}-abcdefgh",
        f"emotalk-{gone}",
        f"emotalk-{gone}-long_name_of_mine",
        "emotalk-weights",
    ]
    for name in (*kept, f"other-{gone}-abcdefgh", "emotalk-0-abcdefgh", "emotalk-99999999999-abcdefgh"):
        (folder / name).mkdir()
    before = {path.name for path in folder.iterdir()}
    temporary_files.remove_leftovers()
    assert before - {path.name for path in folder.iterdir()} == {inside.name}
    assert (elsewhere / "mine.wav").read_bytes() == b"mine"


def test_no_temporary_folder_is_no_obstacle_at_start(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nonexistent"))
    temporary_files.remove_leftovers()
    with pytest.raises(EmoTalkError, match="nonexistent"):
        temporary_files.new_file(".npz")
    assert tempfile.tempdir.endswith("nonexistent")


_KILLED = """
import os
from emotalk.blender_emotalk import temporary_files
print(temporary_files.new_file(".npy", bytes(100)), flush=True)
os.kill(os.getpid(), 9)
"""


def test_what_a_killed_blender_leaves_is_removed_at_the_next_start(folder):
    done = subprocess.run(
        [sys.executable, "-c", _KILLED],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    assert Path(done.stdout.strip()).exists(), done.stderr
    temporary_files.remove_leftovers()
    assert not [path for path in folder.iterdir() if path.name.startswith("emotalk-")]
