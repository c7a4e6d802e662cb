import json

import numpy as np
import pytest
from emotalk.command_line.main import main
from emotalk.face.basis import ARKIT, FLAME
from emotalk.face.controls import Controls
from emotalk.inference.checkpoints.importing import import_weights, rename_emotions
from emotalk.inference.checkpoints.library import find_weights, verify_weights
from emotalk.inference.checkpoints.safetensors_file import write_safetensors
from emotalk.inference.contract import SAMPLE_RATE, EmoTalkError, ModelSpec, Speech
from emotalk.inference.engine import Engine
from emotalk.inference.models import karras
from emotalk.inference.models.karras import (
    FRAME,
    HOP,
    LAGS,
    WINDOW,
    Karras,
    autocorrelation,
    frame_count,
    power_spectra,
)
from emotalk.inference.models.loading import ModelChoice, load_model
from emotalk.inference.registry import KARRAS_SPEC, spec_metadata
from hypothesis import given
from hypothesis import strategies as st

MOODS = ("Mood 1", "Mood 2")
SIZE, WIDTH, COMPONENTS = 4, 10, 6


def random_weights(channels, seed=0):
    """Weights of a small network, large enough that every part of it shows."""
    rng = np.random.default_rng(seed)

    def layer(name, *shape):
        fan_in = np.prod(shape[:-1])
        arrays[f"{name}.weight"] = (rng.normal(0, 1, shape) / np.sqrt(fan_in)).astype(np.float32)
        arrays[f"{name}.bias"] = rng.normal(0, 0.1, shape[-1]).astype(np.float32)

    arrays = {}
    widths = (1, 4, 5, 6, 7, 8)
    for i, taps in enumerate((3, 3, 3, 3, 2)):
        layer(f"formant.{i}", taps, widths[i], widths[i + 1])
    for i, taps in enumerate((3, 3, 3, 3, 4)):
        layer(f"articulation.{i}", taps, WIDTH + SIZE if i else 8, WIDTH)
    layer("output.0", WIDTH + SIZE, COMPONENTS)
    layer("output.1", COMPONENTS, channels)
    arrays["output.1.weight"] *= 0.2
    arrays["output.1.bias"] += 0.5
    arrays["emotion.neutral"] = rng.normal(0, 1, SIZE).astype(np.float32)
    arrays["emotion.presets"] = rng.normal(0, 1, (len(MOODS), SIZE)).astype(np.float32)
    return arrays


SPEC = ModelSpec(ARKIT, 30.0, MOODS, controls=frozenset(("intensity",)))
CONFIG = {"compression": 0.3}


@pytest.fixture(scope="module")
def model():
    return Karras(random_weights(52), CONFIG, SPEC)


@pytest.fixture(scope="module")
def sound():
    """Three seconds of noise whose colour and loudness change."""
    rng = np.random.default_rng(1)
    noise = rng.normal(0, 0.1, 3 * SAMPLE_RATE)
    return (noise * np.repeat(rng.uniform(0, 1, 30), SAMPLE_RATE // 10)).astype(np.float32)


@pytest.fixture(scope="module")
def features(model, sound):
    return model.encode(Speech(sound))


def pose_by_hand(arrays, frames, vector):
    """One moment's pose from the paper's layer table, in plain loops."""

    def layer(name, rows, appended=()):
        weight, bias = arrays[f"{name}.weight"], arrays[f"{name}.bias"]
        taps = len(weight)
        stride, pad = (2, 1) if taps == 3 else (taps, 0)
        padded = np.pad(rows, ((pad, pad), (0, 0)))
        out = []
        for start in range(0, len(padded) - taps + 1, stride):
            sums = bias + sum(padded[start + tap] @ weight[tap] for tap in range(taps))
            out.append(np.concatenate([np.sqrt(2) * np.maximum(sums, 0), appended]))
        return np.array(out)

    formants = []
    for frame in frames:
        rows = frame[:, None]
        for i in range(5):
            rows = layer(f"formant.{i}", rows)
        assert rows.shape == (1, 8)
        formants.append(rows[0])
    rows = np.array(formants)
    for i, length in enumerate((32, 16, 8, 4, 1)):
        rows = layer(f"articulation.{i}", rows, vector)
        assert len(rows) == length
    pose = rows[0] @ arrays["output.0.weight"] + arrays["output.0.bias"]
    return pose @ arrays["output.1.weight"] + arrays["output.1.bias"]


def test_a_moment_is_computed_as_the_papers_table_says(sound):
    arrays = random_weights(52)
    spec = ModelSpec(ARKIT, 62.5, MOODS)
    model = Karras(arrays, CONFIG, spec)
    curves = model.decode(model.encode(Speech(sound)), Controls({"Mood 2": 1}, MOODS))
    level = karras.speech_level(sound)
    for moment in (0, 7, 100, curves.frames - 1):
        first = moment * 2 * HOP - WINDOW * HOP // 2 - HOP // 2
        assert first == moment * SAMPLE_RATE // 62.5 - 4160
        frames = autocorrelation(power_spectra(sound, first, WINDOW, level), 0.3)
        wanted = pose_by_hand(arrays, frames, arrays["emotion.presets"][1])
        np.testing.assert_allclose(curves.values[moment], np.clip(wanted, 0, 1), atol=1e-4)


def test_autocorrelation_by_its_definition():
    rng = np.random.default_rng(0)
    samples = (0.3 + rng.normal(0, 0.1, 1000)).astype(np.float32)
    frames = autocorrelation(power_spectra(samples, 100, 3, 0.0))
    for i, frame in enumerate(frames):
        part = samples[100 + HOP * i :][:FRAME].astype(float)
        part = (part - part.mean()) * np.hanning(FRAME)
        wanted = [np.sum(part[: FRAME - lag] * part[lag:]) / FRAME for lag in range(LAGS)]
        np.testing.assert_allclose(frame, wanted, atol=1e-6)


def test_there_is_silence_outside_the_sound():
    samples = np.random.default_rng(0).normal(0, 0.1, 600).astype(np.float32)
    longer = np.pad(samples, 500)
    np.testing.assert_allclose(power_spectra(samples, -500, 9, -20.0), power_spectra(longer, 0, 9, -20.0), rtol=1e-4)


def test_compression_makes_the_spectrum_flatter():
    spectra = np.full((1, 145), 1e-4, np.float32)
    spectra[0, 20] = 1
    exact = np.fft.irfft(spectra**0.25)[:, :32]
    np.testing.assert_allclose(autocorrelation(spectra, 0.25), exact, atol=1e-6)
    assert np.isfinite(autocorrelation(np.zeros((2, 145), np.float32), 0.25)).all()


@given(st.integers(0, 200_000), st.sampled_from((24.0, 30.0, 62.5, 29.97)))
def test_there_is_a_frame_for_every_one_begun(samples, fps):
    frames = frame_count(samples, fps)
    assert (frames - 1) / fps * SAMPLE_RATE < samples + 1e-3
    assert samples <= frames / fps * SAMPLE_RATE + 1e-3


@pytest.mark.parametrize("samples", [0, 1, 127, 534, 8000])
def test_sounds_of_any_length_are_performed(model, samples):
    curves = model.decode(model.encode(Speech(np.full(samples, 0.1, np.float32))), Controls())
    assert curves.values.shape == (frame_count(samples, 30.0), 52)
    assert (curves.basis, curves.fps) == (ARKIT, 30)


def test_parts_give_the_numbers_of_one_pass(model, sound, features, monkeypatch):
    controls = Controls({"Mood 1": np.linspace(0, 1, features.frames)}, MOODS)
    curves = model.decode(features, controls).values
    monkeypatch.setattr(karras, "_HOPS", 13)
    monkeypatch.setattr(karras, "_MOMENTS", 7)
    reported = []
    parts = model.encode(Speech(sound), reported.append)
    np.testing.assert_allclose(parts.arrays["formants"], features.arrays["formants"], atol=1e-5)
    np.testing.assert_allclose(model.decode(parts, controls).values, curves, atol=1e-5)
    assert reported[-1] == 1
    assert np.all(np.diff(reported) > 0)


def test_two_runs_give_the_same_bytes(model, sound):
    first, second = (model.decode(model.encode(Speech(sound)), Controls({"Mood 1": 1}, MOODS)) for _ in range(2))
    assert first.values.tobytes() == second.values.tobytes()


@pytest.mark.parametrize("decibels", [-20, 12])
def test_gain_does_not_matter(model, sound, features, decibels):
    louder = model.encode(Speech(sound * np.float32(10 ** (decibels / 20))))
    np.testing.assert_allclose(louder.arrays["formants"], features.arrays["formants"], atol=1e-3)


def test_silence_gives_one_still_face(model):
    values = model.decode(model.encode(Speech(np.zeros(SAMPLE_RATE, np.float32))), Controls()).values
    assert np.ptp(values, axis=0).max() < 1e-6


def test_a_mood_is_mixed_exaggerated_and_keyed(model, features):
    def vectors(**weights):
        controls = Controls({name.replace("_", " "): value for name, value in weights.items()}, MOODS)
        return model._emotion_vectors(controls, features.frames, 5)

    arrays = random_weights(52)
    neutral, (one, two) = arrays["emotion.neutral"], arrays["emotion.presets"]
    np.testing.assert_allclose(vectors()[0], neutral, atol=1e-6)
    np.testing.assert_allclose(vectors(Mood_2=1)[0], two, atol=1e-6)
    np.testing.assert_allclose(vectors(Mood_1=0.5, Mood_2=0.5)[0], (one + two) / 2, atol=1e-6)
    np.testing.assert_allclose(vectors(Mood_1=1, intensity=1.5)[0], neutral + 1.5 * (one - neutral), atol=1e-5)
    ramp = model.decode(features, Controls({"Mood 1": np.linspace(0, 1, features.frames)}, MOODS)).values
    plain, full = (model.decode(features, Controls({"Mood 1": w}, MOODS)).values for w in (0, 1))
    np.testing.assert_allclose(ramp[0], plain[0], atol=1e-5)
    np.testing.assert_allclose(ramp[-1], full[-1], atol=1e-3)
    assert np.abs(ramp - plain).max() > 0.01


def test_a_constant_emotion_is_computed_faster_to_the_same_numbers(model, features, monkeypatch):
    constant = model.decode(features, Controls({"Mood 1": 0.7}, MOODS)).values
    changing = np.full(features.frames, 0.7)
    changing[-1] = 0.700001
    slow = model.decode(features, Controls({"Mood 1": changing}, MOODS)).values
    np.testing.assert_allclose(constant, slow, atol=1e-4)
    monkeypatch.setattr(Karras, "_of_one_emotion", None)
    with pytest.raises(TypeError):
        model.decode(features, Controls({"Mood 1": 0.7}, MOODS))
    monkeypatch.setattr(karras, "_MOMENTS", features.frames * 3)  # all in one part, in which the emotion changes
    np.testing.assert_allclose(model.decode(features, Controls({"Mood 1": changing}, MOODS)).values, slow, atol=1e-5)


def test_a_slider_needs_no_encoding(model, features, monkeypatch):
    monkeypatch.setattr(Karras, "_formant_network", None)
    assert model.decode(features, Controls({"Mood 1": 0.3}, MOODS)).frames == features.frames


def test_values_stay_within_the_limits_of_the_basis(model, features):
    values = model.decode(features, Controls({"Mood 1": 1, "intensity": 1.5}, MOODS)).values
    assert values.min() >= 0
    assert values.max() <= 1
    free = Karras(random_weights(53), CONFIG, ModelSpec(FLAME(50), 25.0, MOODS))
    values = free.decode(free.encode(Speech(np.ones(4000, np.float32))), Controls()).values
    assert values.shape == (7, 53)


@pytest.fixture
def weights(tmp_path):
    def write(arrays, spec=SPEC, **metadata):
        path = tmp_path / "Ann.safetensors"
        head = {"model": "karras", "config": json.dumps(CONFIG), **spec_metadata(spec), **metadata}
        write_safetensors(path, arrays, head)
        return path

    return write


def test_an_exported_file_is_imported_listed_and_performed(weights, tmp_path, monkeypatch, sound):
    monkeypatch.setenv("EMOTALK_WEIGHTS", str(tmp_path / "own"))
    imported = import_weights(weights(random_weights(52), licence="MIT"))
    assert imported.weights.label == "Ann (Karras 2017)"
    assert not imported.weights.needs_torch
    assert load_model("Ann").spec.emotions == MOODS
    performance = Engine().perform(Speech(sound), Controls({"Mood 1": 0.5}, MOODS), ModelChoice("Ann"))
    assert performance.face.frames == 90


def test_the_animator_names_the_moods(weights, tmp_path, monkeypatch, sound, capsys):
    monkeypatch.setenv("EMOTALK_WEIGHTS", str(tmp_path / "own"))
    import_weights(weights(random_weights(52), licence="MIT"))
    before = load_model("Ann").decode(load_model("Ann").encode(Speech(sound)), Controls({"Mood 2": 1}, MOODS)).values
    assert main(["weights", "rename-emotions", "Ann", "Mood 2=sulky"]) == 0
    assert "Mood 1, sulky" in capsys.readouterr().out
    assert verify_weights("Ann")
    assert find_weights("Ann").licence == "MIT"
    renamed = load_model("Ann")
    after = renamed.decode(renamed.encode(Speech(sound)), Controls({"sulky": 1}, renamed.spec.emotions)).values
    np.testing.assert_array_equal(after, before)
    for names, reason in (
        ({"Mood 9": "x"}, "no emotion 'Mood 9'"),
        ({"Mood 1": "Sulky"}, "twice"),
        ({"Mood 1": "jaw_gain"}, "name of a control"),
    ):
        with pytest.raises(EmoTalkError, match=reason):
            rename_emotions("Ann", names)
    with pytest.raises(EmoTalkError, match="came with EmoTalk"):
        rename_emotions("emotalk-compact", {"happy": "glad"})
    assert find_weights("Ann").spec.emotions == ("Mood 1", "sulky")


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (lambda arrays: arrays.pop("articulation.3.weight"), "articulation.3.weight"),
        (lambda arrays: arrays.update({"output.1.weight": np.zeros((COMPONENTS, 51), np.float32)}), "do not fit"),
        (lambda arrays: arrays.update({"emotion.presets": np.zeros((1, SIZE), np.float32)}), "names of the emotions"),
        (lambda arrays: arrays.update({"formant.4.weight": np.zeros((3, 7, 8), np.float32)}), "do not fit"),
    ],
)
def test_weights_that_do_not_fit_are_refused(weights, fault, reason):
    arrays = random_weights(52)
    fault(arrays)
    with pytest.raises(EmoTalkError, match=reason):
        Karras.load(weights(arrays), SPEC)


def test_weights_of_another_network_are_refused(weights):
    with pytest.raises(EmoTalkError, match=r"are not of Karras et al\. 2017"):
        Karras.load(weights(random_weights(52), model="emotalk"), SPEC)
    with pytest.raises(EmoTalkError, match="do not describe their network"):
        Karras.load(weights(random_weights(52), config="["), SPEC)


def test_its_row_has_no_emotions_until_they_are_mined():
    assert KARRAS_SPEC.emotions == ()
    assert {control.name for control in SPEC.heeded()} >= {*MOODS, "intensity"}
