"""The research network from its checkpoint to the face: import it, choose it, Animate, tweak it live."""

import os
import shutil
import subprocess
import time

import bpy
import numpy as np
import pytest
from emotalk.blender_emotalk import background, live, model_choice
from emotalk.blender_emotalk.actions import active_curves
from emotalk.blender_emotalk.command_process import command
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.blender_emotalk.preferences import preferences_of
from emotalk.face.arkit import CHANNELS


@pytest.fixture(autouse=True)
def own_python(torch_python, user_weights):
    """PyTorch in a Python of one's own, and no weights yet."""
    preferences = preferences_of(bpy.context)
    preferences.torch_python = torch_python
    model_choice.refresh()
    yield
    background.close()
    preferences.torch_python = ""


@pytest.fixture(scope="module")
def imported(torch_python, checkpoint_bytes, tmp_path_factory):
    """The weights that the checkpoint becomes, imported once by the command."""
    folder = tmp_path_factory.mktemp("imported")
    checkpoint = folder / "EmoTalk.pth"
    checkpoint.write_bytes(checkpoint_bytes)
    words = command(torch_python, "weights", "import", str(checkpoint), "--yes")
    subprocess.run(words, env=os.environ | {"EMOTALK_WEIGHTS": str(folder / "weights")}, check=True)
    return folder / "weights" / "EmoTalk.safetensors"


@pytest.fixture
def line(stage, imported, user_weights):
    """A line that the imported network has performed, with a key on every frame."""
    user_weights.mkdir(exist_ok=True)
    shutil.copy(imported, user_weights)
    model_choice.refresh()
    bpy.ops.emotalk.choose_model(model="EmoTalk")
    line = line_to_set(bpy.context.scene)
    line.key_tolerance = 0
    bpy.ops.emotalk.animate()
    return line


def motion(face):
    curves = active_curves(face.data.shape_keys)
    return np.array([[curve.evaluate(frame) for frame in range(1, 60, 7)] for curve in curves])


def settle(seconds=30):
    """Ticks, as Blender's event loop would give, until all changes are on the face."""
    until = time.monotonic() + seconds
    while live.tick() is not None:
        assert time.monotonic() < until
        time.sleep(0.005)


def test_the_licence_of_a_training_of_ones_own(small_checkpoint):
    bpy.ops.emotalk.import_checkpoint(filepath=str(small_checkpoint), licence="Studio Ann")
    (weights,) = (weights for weights in model_choice.installed() if not weights.is_bundled)
    assert (weights.licence, weights.notice) == ("Studio Ann", "")


def test_import_choose_animate(stage, small_checkpoint):
    assert bpy.ops.emotalk.import_checkpoint(filepath=str(small_checkpoint)) == {"FINISHED"}
    assert background.latest().result.startswith("EmoTalk is installed")
    assert "somebody.elses" in background.latest().result
    listed = {weights.model_id: weights for weights in model_choice.installed()}
    assert list(listed) == ["emotalk-compact", "laughtalk-compact", "EmoTalk"]
    assert "not for commercial use" in listed["EmoTalk"].notice
    bpy.ops.emotalk.animate()
    built_in = motion(stage)
    bpy.ops.emotalk.choose_model(model="EmoTalk")
    assert bpy.ops.emotalk.animate() == {"FINISHED"}
    assert len(active_curves(stage.data.shape_keys)) == len(CHANNELS)
    assert not np.allclose(motion(stage), built_in, atol=1e-3)
    assert "× real time" in bpy.context.window_manager.emotalk.ran_on


@pytest.mark.parametrize("change", [{"emotion_level": 1.0}, {"personal_style": "Actor 02"}], ids=str)
def test_level_and_style_are_tweaked_live(stage, line, change):
    before = motion(stage)
    line.live = True
    for name, value in change.items():
        setattr(line, name, value)
    live.slider_moved()
    settle()
    assert line.live
    assert not np.allclose(motion(stage), before, atol=1e-3)


def test_another_model_is_performed_live_too(stage, line):
    before = motion(stage)
    line.live = True
    bpy.ops.emotalk.choose_model(model="emotalk-compact")
    settle()
    assert not np.allclose(motion(stage), before, atol=1e-3)


def test_device_and_precision_of_the_preferences_count(stage, line):
    preferences = preferences_of(bpy.context)
    preferences.device, preferences.precision = "cpu", "bfloat16"
    try:
        bpy.ops.emotalk.animate()
        assert bpy.context.window_manager.emotalk.ran_on.startswith("CPU, bfloat16")
    finally:
        preferences.device, preferences.precision = "auto", "float32"


def test_weights_that_were_replaced_perform_at_once(stage, line, small_checkpoint, torch_python):
    before = motion(stage)
    program = "import sys, torch; path = sys.argv[1]; state = torch.load(path, weights_only=True); "
    program += "torch.save({name: array.flip(0) for name, array in state.items()}, path)"
    subprocess.run([torch_python, "-c", program, str(small_checkpoint)], check=True)
    bpy.ops.emotalk.import_checkpoint(filepath=str(small_checkpoint), overwrite=True)
    bpy.ops.emotalk.animate()
    assert not np.allclose(motion(stage), before, atol=1e-3)


def test_what_is_no_checkpoint_is_refused_with_a_sentence(tmp_path):
    path = tmp_path / "holiday.pth"
    path.write_bytes(b"not a checkpoint at all")
    with pytest.raises(RuntimeError, match=r"holiday\.pth"):
        bpy.ops.emotalk.import_checkpoint(filepath=str(path))
    assert all(weights.is_bundled for weights in model_choice.installed())


def test_a_second_import_replaces_only_when_told_to(small_checkpoint):
    bpy.ops.emotalk.import_checkpoint(filepath=str(small_checkpoint))
    with pytest.raises(RuntimeError, match="already"):
        bpy.ops.emotalk.import_checkpoint(filepath=str(small_checkpoint))
    assert bpy.ops.emotalk.import_checkpoint(filepath=str(small_checkpoint), overwrite=True) == {"FINISHED"}
