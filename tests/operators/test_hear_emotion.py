"""Hear Emotion: a network of the animator's own keys the emotions of a line."""

import bpy
import pytest
from emotalk.blender_emotalk import background, model_choice, runs
from emotalk.blender_emotalk.actions import active_curves
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.blender_emotalk.preferences import preferences_of
from emotalk.face.emotions import EMOTIONS
from emotalk.inference.sound.audio import read_speech


@pytest.fixture(autouse=True)
def own_python(torch_python, ear):
    """PyTorch in a Python of one's own, and a network with random weights."""
    runs.close()  # a worker that runs already looks for weights elsewhere
    preferences = preferences_of(bpy.context)
    preferences.torch_python = torch_python
    model_choice.refresh()
    yield
    runs.close()
    background.close()
    preferences.torch_python = ""
    ear.unlink(missing_ok=True)
    model_choice.refresh()


@pytest.fixture
def line(line_wav):
    line = line_to_set(bpy.context.scene)
    line.audio, line.start_frame = str(line_wav), 40
    return line


def curve(line, name):
    path = line.path_from_id(name)
    return next((curve for curve in active_curves(bpy.context.scene) if curve.data_path == path), None)


def test_what_is_heard_becomes_keys_from_the_start_of_the_line(line, line_wav, ear):
    from emotalk.inference.models.speech_emotion import SpeechEmotion

    assert bpy.ops.emotalk.hear_emotion() == {"FINISHED"}
    heard = SpeechEmotion.load(ear).hear(read_speech(line_wav))
    fps = bpy.context.scene.render.fps
    for number, name in enumerate(heard.emotions):
        found = curve(line, name)
        assert found.keyframe_points[0].co.x == pytest.approx(40)
        for row, weight in enumerate(heard.weights[:, number]):
            assert found.evaluate(40 + row / heard.rate * fps) == pytest.approx(weight, abs=0.05)
    assert curve(line, "fear").evaluate(60) == 0
    assert curve(line, "intensity") is None
    assert bpy.context.window_manager.emotalk.message.startswith("Mostly ")


def test_one_undo_takes_the_keys_back(line, everything):
    line.happy = 0.3
    line.keyframe_insert("happy", frame=45)
    bpy.ops.ed.undo_push(message="before")
    before = everything()
    bpy.ops.emotalk.hear_emotion("EXEC_DEFAULT", True)
    assert everything() != before
    bpy.ops.ed.undo()
    assert everything() == before


def test_it_says_why_it_refuses(line, ear):
    operator = bpy.types.EMOTALK_OT_hear_emotion
    assert operator.disabled_reason(bpy.context) == ""
    line.audio = ""
    assert operator.disabled_reason(bpy.context).startswith("Choose an audio file")
    ear.unlink()
    model_choice.refresh()
    line.audio = "line.wav"
    assert "Import the checkpoint of a network that hears emotions" in operator.disabled_reason(bpy.context)


def test_a_network_that_is_gone_is_said_to_be_and_changes_nothing(line, everything):
    before = everything()
    with pytest.raises(RuntimeError, match="old-ear"):
        bpy.ops.emotalk.hear_emotion(emotion_model="old-ear")
    assert everything() == before
    assert not any(curve(line, name) for name in EMOTIONS)
