"""The Animate button with the real worker: its keys, its refusals, and events while it runs."""

import os
import signal
import struct
import subprocess
import sys
import time
from types import SimpleNamespace

import bpy
import numpy as np
import pytest
from emotalk.blender_emotalk import runs
from emotalk.blender_emotalk.actions import active_curves
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.face.arkit import CHANNELS
from emotalk.operators.animate import Animate

TICK = SimpleNamespace(type="TIMER", value="NOTHING")
ESCAPE = SimpleNamespace(type="ESC", value="PRESS")
MOUSE = SimpleNamespace(type="MOUSEMOVE", value="NOTHING")


@pytest.fixture
def press(monkeypatch):
    """Press the button and get the operator that Blender runs, with the reports it makes."""
    pressed = []

    def execute(self, context):
        """Blender without a window calls this instead of invoke."""
        pressed.append(self)
        return self.invoke(context, None)

    def press_button():
        with monkeypatch.context() as patch:
            patch.setattr(Animate, "execute", execute)
            assert bpy.ops.emotalk.animate() == {"RUNNING_MODAL"}
        return pressed[-1]

    return press_button


def finish(operator, seconds=30):
    """Give the operator ticks until it ends, as Blender's event loop would."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        result = operator.modal(bpy.context, TICK)
        if result != {"PASS_THROUGH"}:
            return result
        time.sleep(0.01)
    raise AssertionError("the run does not end")


def message():
    return bpy.context.window_manager.emotalk.message


def ends(pid, seconds=5):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


def assert_refused(sentence):
    """Pressing the button in a script ends with this sentence and changes nothing."""
    before = snapshot()
    with pytest.raises(RuntimeError, match=sentence):
        bpy.ops.emotalk.animate()
    assert snapshot() == before
    assert not runs.is_running()


def snapshot():
    data = [key.animation_data for key in bpy.data.shape_keys]
    return [action.name for action in bpy.data.actions], [d and (d.action, len(d.nla_tracks)) for d in data]


def test_one_press_writes_keys_in_an_action_of_their_own(stage):
    assert bpy.ops.emotalk.animate() == {"FINISHED"}
    action = stage.data.shape_keys.animation_data.action
    assert action.name == "EmoTalk line"
    assert len(active_curves(stage.data.shape_keys)) == len(CHANNELS)
    keys = sum(len(curve.keyframe_points) for curve in active_curves(stage.data.shape_keys))
    assert f"{keys:,} keys in " in message()


def test_the_modal_operator_writes_what_the_synchronous_one_does(stage, press, key_bytes):
    bpy.ops.emotalk.animate()
    expected = key_bytes(stage)
    bpy.ops.emotalk.clear()
    operator = press()
    assert bpy.context.window_manager.emotalk.running
    assert operator.modal(bpy.context, MOUSE) == {"PASS_THROUGH"}
    assert finish(operator) == {"FINISHED"}
    assert key_bytes(stage) == expected
    assert not bpy.context.window_manager.emotalk.running


def test_two_runs_write_the_same_bytes(stage, key_bytes):
    bpy.ops.emotalk.animate()
    first = key_bytes(stage)
    runs.close()
    bpy.ops.emotalk.animate()
    assert key_bytes(stage) == first


def test_keyed_controls_change_over_time(stage):
    line = line_to_set(bpy.context.scene)
    line.key_tolerance = 0
    bpy.ops.emotalk.animate()
    calm = [curve.evaluate(1) for curve in active_curves(stage.data.shape_keys)]
    calm_later = [curve.evaluate(70) for curve in active_curves(stage.data.shape_keys)]
    for frame, value in ((1, 0), (40, 0), (60, 1)):
        line.anger = value
        line.keyframe_insert("anger", frame=frame)
    bpy.ops.emotalk.animate()
    assert [curve.evaluate(1) for curve in active_curves(stage.data.shape_keys)] == pytest.approx(calm, abs=1e-5)
    later = [curve.evaluate(70) for curve in active_curves(stage.data.shape_keys)]
    assert np.abs(np.subtract(later, calm_later)).max() > 0.3


def test_one_undo_takes_everything_back(stage, key_bytes):
    name = stage.name
    window = bpy.context.window_manager.windows[0]
    with bpy.context.temp_override(window=window):
        bpy.ops.ed.undo_push(message="before")
        bpy.ops.emotalk.animate("EXEC_DEFAULT", True)
        written = key_bytes(stage)
        bpy.ops.ed.undo()
        assert not bpy.data.actions
        assert bpy.data.objects[name].data.shape_keys.animation_data is None
        bpy.ops.ed.redo()
        assert key_bytes(bpy.data.objects[name]) == written


def test_undo_while_it_runs(stage, press):
    name = stage.name
    window = bpy.context.window_manager.windows[0]
    with bpy.context.temp_override(window=window):
        bpy.ops.ed.undo_push(message="before")
        line_to_set(bpy.context.scene).happy = 0.5
        bpy.ops.ed.undo_push(message="a slider")
        operator = press()
        bpy.ops.ed.undo()
        assert finish(operator) == {"FINISHED"}
    assert bpy.data.objects[name].data.shape_keys.animation_data.action.name == "EmoTalk line"


def test_escape_leaves_everything_as_it_was(stage, press):
    before = snapshot()
    operator = press()
    pid = runs.worker_pid()
    assert operator.modal(bpy.context, ESCAPE) == {"CANCELLED"}
    assert snapshot() == before
    assert not runs.is_running()
    assert message() == "Cancelled; nothing was changed"
    assert ends(pid)


def test_the_cancel_button_does_the_same(stage, press):
    operator = press()
    with pytest.raises(RuntimeError, match="A line is being animated"):
        bpy.ops.emotalk.animate()
    assert bpy.ops.emotalk.cancel() == {"FINISHED"}
    assert finish(operator) == {"CANCELLED"}
    assert not bpy.data.actions


def test_a_killed_worker_is_reported_and_the_next_press_works(stage, press):
    operator = press()
    os.kill(runs.worker_pid(), signal.SIGKILL)
    assert finish(operator) == {"CANCELLED"}
    assert "worker ended" in message()
    assert bpy.context.window_manager.emotalk.failed
    assert not bpy.data.actions
    assert finish(press()) == {"FINISHED"}


def test_a_face_that_is_deleted_meanwhile(stage, press):
    operator = press()
    bpy.data.objects.remove(stage)
    assert finish(operator) == {"CANCELLED"}
    assert message().startswith("'Face' was deleted while")
    assert not bpy.data.actions


def test_a_face_that_is_renamed_meanwhile_is_found_and_no_other_takes_its_name(stage, press, add_face):
    operator = press()
    stage.name = "Old"
    other = add_face("Face")
    assert finish(operator) == {"FINISHED"}
    assert bpy.data.objects["Old"].data.shape_keys.animation_data.action
    assert other.data.shape_keys.animation_data is None


def test_another_face_of_that_name_is_not_animated_instead(stage, press, add_face):
    operator = press()
    bpy.data.objects.remove(stage)
    other = add_face("Face")
    assert finish(operator) == {"CANCELLED"}
    assert other.data.shape_keys.animation_data is None


@pytest.fixture
def timers(monkeypatch):
    """The timers that run, by the calls that Animate makes."""
    running = []
    manager = SimpleNamespace(
        event_timer_add=lambda *_given, **_options: (running.append("timer"), running[-1])[1],
        event_timer_remove=running.remove,
        modal_handler_add=lambda _operator: True,
    )
    monkeypatch.setattr("emotalk.operators.modal_run.window_manager_of", lambda _context: manager)
    return running


def test_a_closed_window_ends_the_run_and_its_timer(stage, press, timers):
    before = snapshot()
    operator = press()
    pid = runs.worker_pid()
    assert timers == ["timer"]
    operator.cancel(bpy.context)
    assert not timers
    assert not runs.is_running()
    assert not bpy.context.window_manager.emotalk.running
    assert snapshot() == before
    assert ends(pid)


@pytest.mark.parametrize("end", ["finished", "escape", "button", "failure"])
def test_no_timer_runs_on(stage, press, timers, end):
    operator = press()
    assert timers == ["timer"]
    if end == "escape":
        operator.modal(bpy.context, ESCAPE)
    elif end == "button":
        bpy.ops.emotalk.cancel()
    elif end == "failure":
        os.kill(runs.worker_pid(), signal.SIGKILL)
    if end != "escape":
        finish(operator)
    assert not timers


def test_another_file_ends_the_run(stage, press):
    press()
    pid = runs.worker_pid()
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    assert not runs.is_running()
    assert not bpy.context.window_manager.emotalk.running
    assert not bpy.data.actions
    assert ends(pid)


_QUIT_WHILE_IT_RUNS = """
import importlib, bpy
if not hasattr(bpy.types.Scene, "emotalk"):
    importlib.import_module({package!r}).register()
runs = importlib.import_module({package!r} + ".blender_emotalk.runs")
bpy.ops.mesh.primitive_plane_add()
bpy.context.object.shape_key_add(name="Basis")
bpy.context.object.shape_key_add(name="jawOpen").data[0].co.z = 1
bpy.context.scene.emotalk.lines.add().audio = {audio!r}
runs.start(bpy.context)
print("worker", runs.worker_pid(), flush=True)
"""


def test_quitting_takes_the_worker_along(line_wav):
    package = runs.__name__.removesuffix(".blender_emotalk.runs")
    script = _QUIT_WHILE_IT_RUNS.format(package=package, audio=str(line_wav))
    blender = bpy.app.binary_path  # the wheel has none and is a module of Python instead
    words = [blender, "--background", "--python-expr", script] if blender else [sys.executable, "-c", script]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    pid = next(int(line.split()[1]) for line in done.stdout.splitlines() if line.startswith("worker"))
    assert ends(pid)


def test_no_temporary_files_stay(stage, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    bpy.ops.emotalk.animate()
    assert not list(tmp_path.iterdir())


def wav(path, samples, rate=16_000):
    """A WAV file of 32-bit floats."""
    data = np.asarray(samples, "<f4").tobytes()
    form = struct.pack("<HHIIHH", 3, 1, rate, 4 * rate, 4, 32)
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data)) + data
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)
    return path


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "There is no file .*; choose the line's sound again"),
        (b"", "is empty"),
        (b"Once upon a time, in a text file.", "is not a sound file of a known kind"),
        (b"RIFF\x10\x00\x00\x00WAVEfmt ", "sound.wav"),
        ([], "0 samples"),
        ([0.0, np.nan] * 8000, "NaN"),
    ],
    ids=["missing", "empty", "text", "truncated", "no samples", "NaN"],
)
def test_bad_sound_is_refused_with_a_sentence(stage, tmp_path, content, sentence):
    path = tmp_path / "sound.wav"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        wav(path, content)
    line_to_set(bpy.context.scene).audio = str(path)
    assert_refused(sentence)
    assert bpy.context.window_manager.emotalk.failed


def test_three_hours_are_no_line(stage, tmp_path):
    path = wav(tmp_path / "sound.wav", [], rate=8000)
    header = bytearray(path.read_bytes())
    size = 3 * 3600 * 8000 * 4
    header[4:8], header[-4:] = struct.pack("<I", size + 36), struct.pack("<I", size)
    path.write_bytes(header)
    os.truncate(path, len(header) + size)
    line_to_set(bpy.context.scene).audio = str(path)
    assert_refused("lasts 3 hours; split it")


def test_a_folder_is_no_sound(stage, tmp_path):
    line_to_set(bpy.context.scene).audio = str(tmp_path)
    assert_refused("is a folder|cannot be read")


@pytest.mark.parametrize(
    ("names", "sentence"),
    [((), "has no shape keys"), (("smile", "frown"), "named like an ARKit blendshape")],
    ids=["none", "foreign"],
)
def test_a_face_without_arkit_keys_is_refused(add_face, line_wav, names, sentence):
    add_face(names=names)
    line_to_set(bpy.context.scene).audio = str(line_wav)
    assert_refused(sentence)


def test_nothing_selected(line_wav):
    line_to_set(bpy.context.scene).audio = str(line_wav)
    assert_refused("Click a character, or add the sample head")


def test_no_sound_chosen(add_face):
    add_face()
    assert_refused("Choose an audio file")


def test_there_is_nothing_to_cancel_at_rest(stage):
    with pytest.raises(RuntimeError, match="Nothing is being animated"):
        bpy.ops.emotalk.cancel()
