"""LaughTalk from the panel: the slider Laughter where there is a residual, and the worker's performance keyed."""

import json
from dataclasses import asdict, replace

import bpy
import numpy as np
import pytest
from emotalk.blender_emotalk import background, model_choice, runs
from emotalk.blender_emotalk.actions import active_curves
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.blender_emotalk.preferences import preferences_of
from emotalk.face.basis import ARKIT
from emotalk.inference.checkpoints.safetensors_file import write_safetensors
from emotalk.inference.registry import NETWORKS, spec_metadata
from emotalk.panels.emotion import EmotionPanel


@pytest.fixture(autouse=True)
def own_weights(torch_python, small_encoder, user_weights):
    """PyTorch in a Python of one's own, and random weights: Ann talks and laughs, Bob talks alone."""
    from emotalk.inference.models.laughtalk import LaughTalkConfig, weight_shapes

    user_weights.mkdir()
    rng = np.random.default_rng(0)
    for name, model, laughing in (("Ann", "laughtalk", small_encoder), ("Bob", "laughtalk-talk", None)):
        config = LaughTalkConfig(small_encoder, laughing, features=16, feed_forward=16, channels=52)
        arrays = {each: 0.3 * rng.random(shape, np.float32) for each, shape in weight_shapes(config).items()}
        spec = replace(NETWORKS[model].spec, basis=ARKIT)
        metadata = {"model": model, "config": json.dumps(asdict(config)), **spec_metadata(spec)}
        write_safetensors(user_weights / f"{name}.safetensors", arrays, metadata)
    runs.close()  # a worker that runs already looks for weights elsewhere
    preferences = preferences_of(bpy.context)
    preferences.torch_python = torch_python
    model_choice.refresh()
    yield
    runs.close()
    background.close()
    preferences.torch_python = ""


def smile(stage, frame):
    curves = {curve.data_path: curve for curve in active_curves(stage.data.shape_keys)}
    return curves['key_blocks["mouthSmileLeft"].value'].evaluate(frame)


def test_the_slider_is_drawn_where_there_is_a_residual(stage, drawn):
    bpy.ops.emotalk.choose_model(model="Ann")
    assert ("prop", "laughter") in drawn(EmotionPanel)
    bpy.ops.emotalk.choose_model(model="Bob")
    assert ("prop", "laughter") not in drawn(EmotionPanel)


def test_keyed_laughter_weighs_the_residual_and_the_built_in_model_still_works(stage):
    line = line_to_set(bpy.context.scene)
    bpy.ops.emotalk.choose_model(model="Ann")
    line.key_tolerance, line.settle_time, line.blink_rate, line.asymmetry, line.captured_levels = 0, 0, 0, 0, 0
    line.lower_face = line.accents = line.arousal = line.afterglow = line.breath = 0
    first = round(line.start_frame)
    shown = {}
    for laughter in (0.0, 1.0):
        line.laughter = laughter
        assert bpy.ops.emotalk.animate() == {"FINISHED"}
        shown[laughter] = [smile(stage, first + frame) for frame in range(20)]
    assert np.abs(np.subtract(shown[0.0], shown[1.0])).max() > 0.01
    for offset, value in ((0, 0.0), (9, 0.0), (10, 1.0)):
        line.laughter = value
        line.keyframe_insert("laughter", frame=first + offset)
    assert bpy.ops.emotalk.animate() == {"FINISHED"}
    keyed = [smile(stage, first + frame) for frame in range(20)]
    np.testing.assert_allclose(keyed[:8], shown[0.0][:8], atol=1e-4)
    np.testing.assert_allclose(keyed[12:], shown[1.0][12:], atol=1e-4)
    preferences_of(bpy.context).torch_python = "/nowhere/python"
    bpy.ops.emotalk.choose_model(model="emotalk-compact")
    assert bpy.ops.emotalk.animate() == {"FINISHED"}
