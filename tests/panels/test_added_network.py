"""A network of another basis and rate, with styles and emotions of its own, needs its file, its row, and nothing else.

It gives 53 FLAME channels at 25 frames per second. In this process its row is put into the registry; the worker and
the command run in a copy of the tree to which the same file and the same row were added.
"""

import importlib
import importlib.util
import json
import shutil
import subprocess
import sys
import wave
from dataclasses import replace
from pathlib import Path

import bpy
import emotalk
import numpy as np
import pytest
from emotalk.blender_emotalk import baking, model_choice, runs
from emotalk.blender_emotalk.actions import active_curves
from emotalk.blender_emotalk.characters import find_character
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.blender_emotalk.keyframes import Timing
from emotalk.blender_emotalk.lines import control_values
from emotalk.face.basis import FLAME
from emotalk.face.controls import ControlError, Controls
from emotalk.face.curve_files import read_curves, write_curves
from emotalk.face.curves import FaceCurves, performance_of
from emotalk.face.errors import CurveFileError
from emotalk.inference import registry
from emotalk.inference.checkpoints.library import find_weights
from emotalk.inference.checkpoints.safetensors_file import write_safetensors
from emotalk.inference.contract import SAMPLE_RATE, Speech
from emotalk.inference.engine import Engine
from emotalk.inference.models.loading import ModelChoice, load_model
from emotalk.inference.worker import client
from emotalk.panels.emotion import EmotionPanel
from emotalk.panels.performance import LifePanel, ShapePanel, StylePanel

MODULE = """
import numpy as np

from ...face.curves import FaceCurves
from ..contract import Features
from ..sound.rms import frame_rms


class Test:
    model_id = "test"

    def __init__(self, spec):
        self.spec = spec

    def encode(self, speech, progress=None):
        frames = int(np.ceil(speech.seconds * self.spec.fps))
        return Features(self.model_id, frames, {"rms": frame_rms(speech, frames, self.spec.fps)})

    def decode(self, features, controls):
        values = np.full((features.frames, len(self.spec.basis)), 0.25, np.float32)
        column = self.spec.basis.index
        values[:, column["exp000"]] = -1.5
        values[:, column["exp001"]] = controls.emotion_tracks(features.frames, self.spec.emotions)[:, 3]
        values[:, column["exp002"]] = controls.style_tracks(features.frames, self.spec.styles) @ np.arange(3)
        values[:, column["jaw_x"]] = features.arrays["rms"]
        return FaceCurves(values, self.spec.basis, self.spec.fps)
"""
ROW = """

def _load_test(path, spec, _device, _precision, _windowed):
    from .models.test import Test

    return Test(spec)


from ..face.basis import FLAME

NETWORKS["test"] = Network(
    "Test", False, ModelSpec(FLAME(10), 30.0, controls=frozenset(("intensity", "personal_style"))), _load_test
)
"""
EMOTIONS = ("neutral", "happy", "weary", "smug grin", "audio")
STYLES = ("Ann", "Bob", "Cleo")
SECONDS = 12
ACTED = {"mood_waves", "arousal", "head_accents", "eye_variety"}
HEEDED = {"intensity", "personal_style", "jaw_gain", "smoothing", "time_offset", "savitzky_golay"} | ACTED


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of the tree with the network's file and row."""
    root, tree = Path(emotalk.__file__).parent, tmp_path_factory.mktemp("tree") / "emotalk"
    for room in ("face", "inference", "command_line", "weights"):
        shutil.copytree(root / room, tree / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(root / "__init__.py", tree)
    (tree / "inference" / "models" / "test.py").write_text(MODULE)
    with (tree / "inference" / "registry.py").open("a") as file:
        file.write(ROW)
    return tree


@pytest.fixture
def row(tree, monkeypatch):
    """The row in this process; the file is not in its tree, so it is loaded from the copy."""

    def load(path, spec, _device, _precision, _windowed):
        name = f"{registry.__name__.rpartition('.')[0]}.models.test"
        module_spec = importlib.util.spec_from_file_location(name, tree / "inference" / "models" / "test.py")
        module = importlib.util.module_from_spec(module_spec)
        module_spec.loader.exec_module(module)
        return module.Test(spec)

    controls = frozenset(("intensity", "personal_style"))
    spec = registry.ModelSpec(FLAME(10), 30.0, controls=controls)
    monkeypatch.setitem(registry.NETWORKS, "test", registry.Network("Test", False, spec, load))


@pytest.fixture
def model(row, user_weights):
    """Weights of the network; their header says more than its row. Gives their id."""
    user_weights.mkdir()
    spec = registry.ModelSpec(FLAME(50), 25.0, EMOTIONS, STYLES)
    write_safetensors(
        user_weights / "Tina.safetensors", {}, {"model": "test", "licence": "CC0", **registry.spec_metadata(spec)}
    )
    model_choice.refresh()
    yield "Tina"
    runs.close()


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """Twelve seconds of noise that gets louder."""
    samples = np.random.default_rng(0).normal(0, 0.1, SECONDS * SAMPLE_RATE) * np.linspace(
        0.1, 1, SECONDS * SAMPLE_RATE
    )
    path = tmp_path_factory.mktemp("sound") / "line.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return path


@pytest.fixture
def speech():
    samples = np.random.default_rng(0).normal(0, 0.1, SECONDS * SAMPLE_RATE)
    return Speech(samples.astype(np.float32), "line.wav")


@pytest.fixture
def head(add_face):
    """A face with a shape key for each of the channels."""
    return add_face("Tina", names=FLAME(50).channels)


def perform(speech, **values):
    return Engine().perform(speech, Controls(values, EMOTIONS), ModelChoice("Tina"))


def test_the_header_says_more_than_the_row(model):
    spec = find_weights(model).spec
    assert (spec.basis, spec.fps, spec.emotions, spec.styles) == (FLAME(50), 25, EMOTIONS, STYLES)
    assert {control.name for control in spec.heeded() if control.group != "life"} == HEEDED | set(EMOTIONS)
    assert load_model(model).spec == spec


def test_the_engine_writes_nothing_where_it_does_not_belong(model, speech):
    performance = perform(speech, blink_rate=60, gaze_gain=2)
    face = performance.face
    assert (face.fps, face.frames, face.values.shape[1]) == (25, SECONDS * 25, 53)
    assert (face.channel("exp000") == -1.5).all()
    for number in range(3, 50):
        assert (face.channel(f"exp{number:03}") == 0.25).all()
    assert performance.eyes.channel("blinkLeft").max() > 0.7
    assert np.abs(performance.eyes.channel("lookLeft")).max() > 0.1
    assert np.abs(performance.head.values).max() > 0.2


def test_controls_arrive_on_time_and_by_name(model, speech):
    smug = np.repeat([0.0, 1.0], [10 * 25, 50])
    values = {"smug grin": smug, "personal_style": "cleo", "jaw_gain": 2, "blink_rate": 0}
    face = perform(speech, **values).face
    plain = perform(speech).face
    assert np.flatnonzero(face.channel("exp001"))[0] / face.fps == 10
    assert (face.channel("exp002") == 2).all()
    np.testing.assert_allclose(face.channel("jaw_x"), 2 * plain.channel("jaw_x"))
    np.testing.assert_allclose(face.channel("exp000"), plain.channel("exp000"))
    with pytest.raises(ControlError, match="no style 'Dora'; there are: Ann, Bob, Cleo"):
        perform(speech, personal_style="Dora")
    with pytest.raises(ControlError, match="has no emotion 'sad'"):
        perform(speech, sad=1)


def test_files_keep_it_and_live_link_face_has_no_place_for_it(model, speech, tmp_path):
    performance = perform(speech, seed=4)
    for kind in ("npz", "json"):
        write_curves(tmp_path / f"line.{kind}", performance)
        read = read_curves(tmp_path / f"line.{kind}")
        assert read.face.basis is FLAME(50)
        for part in ("face", "head", "eyes"):
            np.testing.assert_allclose(getattr(read, part).values, getattr(performance, part).values, atol=1e-6)
    with pytest.raises(CurveFileError, match="only ARKit's 52 channels"):
        write_curves(tmp_path / "line.csv", performance)


def test_the_command_performs_and_lists_its_controls(model, tree, sound, tmp_path):
    command = [sys.executable, "-I", str(tree / "command_line" / "__main__.py")]
    output = tmp_path / "line.npz"
    words = ["--model", model, "--emotion", "Smug Grin=0.5", "--personal-style", "bob"]
    words += ["--mood-waves", "0", "--arousal", "0"]
    subprocess.run([*command, "animate", str(sound), "-o", str(output), *words], check=True)
    face = read_curves(output).face
    assert (face.basis, face.fps) == (FLAME(50), 25)
    np.testing.assert_allclose(face.channel("exp001"), 0.5)
    np.testing.assert_allclose(face.channel("exp002"), 1)
    words = [*command, "controls", "--model", model, "--format", "json"]
    listed = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    assert {control["name"] for control in listed["controls"] if control["group"] == "shape"} == HEEDED & {
        "jaw_gain", "smoothing", "time_offset", "savitzky_golay"
    }  # fmt: skip
    assert (listed["styles"], listed["emotions"]) == (list(STYLES), list(EMOTIONS))
    done = subprocess.run([*command, "animate", str(sound), "-o", str(output), "--overwrite", "--model", model,
                           "--emotion", "sad"], capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 2
    assert "There is no emotion 'sad'; there are: neutral, happy, weary, smug grin, audio" in done.stderr


def test_the_tab_shows_what_it_heeds_and_nothing_else(model, head, drawn):
    line = line_to_set(bpy.context.scene)
    bpy.ops.emotalk.choose_model(model=model)
    assert [emotion.name for emotion in line.own_emotions] == ["weary", "smug grin", "audio"]
    bpy.context.scene.emotalk.mixes_emotions = True
    props = [name for kind, name in drawn(EmotionPanel) if kind == "prop"]
    assert props == ["neutral", "happy", "weight", "weight", "weight", "intensity"]
    assert [name for kind, name in drawn(StylePanel) if kind == "prop"] == ["personal_style"]
    assert {name for kind, name in drawn(ShapePanel) if kind == "prop"} == HEEDED - ACTED - {
        "intensity",
        "personal_style",
    }
    assert ("prop", "blink_rate") in drawn(LifePanel)
    assert bpy.ops.emotalk.set_emotion(emotion="smug grin") == {"FINISHED"}
    assert [emotion.weight for emotion in line.own_emotions] == [0, 1, 0]
    assert bpy.ops.emotalk.reset_controls(group="emotion") == {"FINISHED"}
    assert [emotion.weight for emotion in line.own_emotions] == [0, 0, 0]
    with pytest.raises(RuntimeError, match="has no emotion 'sad'"):
        bpy.ops.emotalk.set_emotion(emotion="sad")
    bpy.ops.emotalk.choose_model(model="emotalk-compact")
    props = [name for kind, name in drawn(EmotionPanel) if kind == "prop"]
    assert {"emotion_level", "laughter", "contempt"} <= set(props)
    assert "weight" not in props


def test_the_button_writes_its_keys_at_its_rate(model, tree, head, sound, monkeypatch):
    runs.close()
    monkeypatch.setattr(client, "WORKER", tree / "inference" / "worker" / "process.py")
    scene, line = bpy.context.scene, line_to_set(bpy.context.scene)
    scene.render.fps = 24
    line.audio, line.model, line.key_tolerance, line.start_frame = str(sound), model, 0, 1
    line.personal_style, line.settle_time, line.mood_waves, line.arousal = "Bob", 0, 0, 0
    line.sad = 1  # of the model that was chosen before; this one does not heed it
    smug = line.own_emotions["smug grin"]
    for second, weight in ((9.9, 0.0), (10.0, 1.0)):
        smug.weight = weight
        smug.keyframe_insert("weight", frame=1 + second * 24)
    curve = active_curves(scene)[0]
    for point in curve.keyframe_points:
        point.interpolation = "LINEAR"
    assert bpy.ops.emotalk.animate() == {"FINISHED"}
    curves = {curve.data_path: curve for curve in active_curves(head.data.shape_keys)}
    assert len(curves) == 53

    def at(channel, second):
        return curves[f'key_blocks["{channel}"].value'].evaluate(1 + second * 24)

    assert len(curves['key_blocks["exp000"].value'].keyframe_points) == SECONDS * 24 + 1
    assert at("exp000", 5) == -1.5
    scene.frame_set(60)
    assert head.data.shape_keys.key_blocks["exp000"].value == -1.5  # sliders do not hold it back
    assert at("exp002", 5) == 1
    assert at("exp009", 5) == 0.25
    assert (at("exp001", 9.8), at("exp001", 10.05)) == pytest.approx((0, 1), abs=1e-3)
    line.model = ""  # Clear does not depend on the model that is chosen now
    assert bpy.ops.emotalk.clear() == {"FINISHED"}
    assert head.data.shape_keys.animation_data is None
    assert head.data.shape_keys.key_blocks["exp000"].value == 0


def test_a_style_of_another_model_is_not_sent_and_the_tab_says_so(model, drawn):
    line = line_to_set(bpy.context.scene)
    line.personal_style = "Crisp"
    bpy.ops.emotalk.choose_model(model=model)
    spec = find_weights(model).spec
    assert "personal_style" not in control_values(line, spec, Timing(1, 1), 25)
    labels = " ".join(text for kind, text in drawn(StylePanel) if kind == "label")
    assert labels == "This model has no style Crisp; its first one is used"
    line.personal_style = "bob"
    assert control_values(line, spec, Timing(1, 1), 25)["personal_style"] == "bob"
    assert not [text for kind, text in drawn(StylePanel) if kind == "label"]


def test_a_box_that_would_be_empty_is_not_drawn(model, monkeypatch):
    line_to_set(bpy.context.scene)
    assert StylePanel.poll(bpy.context)
    row = registry.NETWORKS["test"]
    without_styles = replace(row, spec=replace(row.spec, controls=frozenset()))
    monkeypatch.setitem(registry.NETWORKS, "test", without_styles)
    bpy.ops.emotalk.refresh_models()
    bpy.ops.emotalk.choose_model(model=model)
    assert not StylePanel.poll(bpy.context)
    assert EmotionPanel.poll(bpy.context)


def test_a_face_of_another_basis_is_refused(model, stage):
    bpy.ops.emotalk.choose_model(model=model)
    with pytest.raises(RuntimeError, match=r"performs FLAME 50, but no shape key of 'Face' is named exp000"):
        bpy.ops.emotalk.animate()
    assert not bpy.data.actions


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("fps", "0", "'0' frames per second"),
        ("fps", "soon", "'soon' frames per second"),
        ("channels", '["exp000", "exp000"]', "name one of their channels twice"),
        ("channels", "[]", "a face needs channels"),
        ("styles", '{"Ann": 1}', "do not name their styles as a list"),
        ("styles", json.dumps(["x" * 64]), "do not name their styles as a list"),
        ("emotions", '["smug", "Smug"]', "name one of their emotions twice"),
        ("emotions", '["seed"]', "the name of a control"),
        ("emotions", "[" * 100_000, "do not name their emotions as a list"),
    ],
)
def test_a_header_that_cannot_be_is_damage(row, user_weights, field, text, sentence):
    user_weights.mkdir()
    write_safetensors(user_weights / "Tina.safetensors", {}, {"model": "test", field: text})
    assert sentence in find_weights("Tina").damage


def test_only_a_reset_of_their_box_or_of_all_takes_the_emotions_of_the_model(model):
    line = line_to_set(bpy.context.scene)
    bpy.ops.emotalk.choose_model(model=model)
    for group, left in (("life", 0.5), ("style", 0.5), ("emotion", 0), ("", 0)):
        line.own_emotions["weary"].weight = 0.5
        bpy.ops.emotalk.reset_controls(group=group)
        assert line.own_emotions["weary"].weight == left


def test_repair_looks_for_the_channels_of_the_model(model, head):
    line_to_set(bpy.context.scene)
    bpy.ops.emotalk.choose_model(model=model)
    head.data.shape_keys.key_blocks["exp003"].mute = True
    assert bpy.ops.emotalk.repair() == {"FINISHED"}
    assert not head.data.shape_keys.key_blocks["exp003"].mute


def test_sliders_are_as_wide_as_the_curves_of_channels_without_limits(model, head):
    scene = bpy.context.scene
    values = np.zeros((20, 53), np.float32)
    values[:, 0], values[:, 1] = np.linspace(-1.5, 2.25, 20), np.linspace(0, 0.5, 20)
    line = performance_of(FaceCurves(values, FLAME(50), 25.0))
    baking.bake(line, find_character(head, scene, FLAME(50)), "line", Timing(1, 1), baking.KeySettings(0))
    blocks = head.data.shape_keys.key_blocks
    assert [(blocks[name].slider_min, blocks[name].slider_max) for name in ("exp000", "exp001")] == [(-2, 3), (0, 1)]
