"""``emotalk demo`` as a process: its files appear whole or not at all, and its exit status is true."""

import contextlib
import functools
import resource
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import soundfile

COMMAND = (sys.executable, "-m", "emotalk.command_line.main", "demo")
NAMES = ("demo.blend", "demo.mp4", "demo.png")


@pytest.fixture
def folder(tmp_path):
    """A folder with the files of an earlier demo."""
    folder = tmp_path / "out"
    folder.mkdir()
    for name in NAMES:
        (folder / name).write_text(f"earlier {name}")
    return folder


def assert_untouched(folder):
    assert {path.name: path.read_text() for path in folder.iterdir()} == {name: f"earlier {name}" for name in NAMES}


@pytest.fixture
def line(line_wav, tmp_path):
    samples, rate = soundfile.read(line_wav)
    soundfile.write(tmp_path / "line.wav", np.resize(samples, 30 * rate), rate)
    return tmp_path / "line.wav"


def start(*words, before=lambda: None):
    def prepare():
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # background jobs of a shell ignore it
        before()

    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([*COMMAND, *words], preexec_fn=prepare, **pipes)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_while_the_film_is_rendered(line, folder, number):
    process = start(line, "--folder", folder)
    until = time.monotonic() + 60
    while not list(folder.glob(".demo.*/demo.mp4")) and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(number)
    out, err = process.communicate(timeout=10)
    assert process.returncode == 128 + number
    assert (out, err) == ("", "emotalk: interrupted\n")
    assert_untouched(folder)


def test_a_disk_without_room(line, folder):
    limit = functools.partial(resource.setrlimit, resource.RLIMIT_FSIZE, (500_000, 500_000))
    process = start(line, "--folder", folder, before=limit)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert (out, err) == ("", "emotalk: The scene demo.blend could not be saved; make room on the disk and try again\n")
    assert_untouched(folder)


def test_an_error_is_a_sentence_and_a_status(tmp_path, folder):
    process = start(tmp_path / "nowhere.wav", "--folder", folder)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert (out, err) == ("", f"emotalk: There is no file {tmp_path / 'nowhere.wav'}\n")
    assert_untouched(folder)


@contextlib.contextmanager
def largest_file(size):
    kept = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, kept[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, kept)


def test_a_film_that_did_not_become_whole_is_an_error(line_wav, tmp_path):
    import bpy
    from emotalk.blender_emotalk.strips import add_sound_strip
    from emotalk.demo.film import is_whole_mp4, render_film
    from emotalk.demo.stage import set_stage
    from emotalk.inference.contract import EmoTalkError

    scene = bpy.context.scene
    bpy.ops.mesh.primitive_cube_add()
    scene.render.fps, scene.frame_start, scene.frame_end = 30, 1, 60
    add_sound_strip(scene, "line", str(line_wav), 1)
    set_stage(scene, [bpy.context.active_object], size=64)
    whole = tmp_path / "whole.mp4"
    render_film(scene, whole, lambda _: None)
    data = whole.read_bytes()
    assert is_whole_mp4(whole)
    for length in (0, 48, len(data) // 2, len(data) - 1):
        (tmp_path / "cut.mp4").write_bytes(data[:length])
        assert not is_whole_mp4(tmp_path / "cut.mp4")
    assert not is_whole_mp4(tmp_path / "nowhere.mp4")
    for size in (100, len(data) // 2, len(data) - 100):
        with largest_file(size), pytest.raises(EmoTalkError, match=r"film\.mp4 did not become whole"):
            render_film(scene, tmp_path / "film.mp4", lambda _: None)


def test_what_is_raised_while_a_film_is_rendered_arrives(tmp_path):
    import bpy
    from emotalk.demo.film import render_film
    from emotalk.demo.stage import set_stage

    scene = bpy.context.scene
    bpy.ops.mesh.primitive_cube_add()
    scene.frame_start, scene.frame_end = 1, 5
    set_stage(scene, [bpy.context.active_object], size=64)

    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render_film(scene, tmp_path / "film.mp4", stop)
