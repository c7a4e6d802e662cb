import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from emotalk.face import arkit
from emotalk.face.basis import ARKIT
from emotalk.face.controls import Controls
from emotalk.face.emotions import EMOTIONS, PROTOTYPES
from emotalk.face.laughter import ATTACK
from emotalk.face.metrics import APERTURE
from emotalk.face.styles import STYLE_NAMES
from emotalk.inference.checkpoints.safetensors_file import bundled_weights, read_safetensors, write_safetensors
from emotalk.inference.contract import SAMPLE_RATE, EmoTalkError, Speech
from emotalk.inference.models import compact
from emotalk.inference.models.compact import MODEL_ID, SIGNALS, EmoTalkCompact, frame_count
from emotalk.inference.registry import COMPACT_SPEC
from emotalk.inference.sound.audio import read_speech
from hypothesis import given
from hypothesis import strategies as st

SAMPLES = Path(__file__).parents[3] / "samples"


@pytest.fixture(scope="module")
def model():
    return EmoTalkCompact.load(bundled_weights(MODEL_ID), COMPACT_SPEC)


@pytest.fixture(scope="module")
def sound():
    """The first three seconds of the sample line."""
    return read_speech(SAMPLES / "line.wav").samples[: 3 * SAMPLE_RATE]


@pytest.fixture(scope="module")
def features(model, sound):
    return model.encode(Speech(sound))


@given(st.integers(0, 200_000))
def test_there_is_a_frame_for_every_thirtieth_of_a_second_begun(samples):
    frames = frame_count(samples)
    assert (frames - 1) * SAMPLE_RATE < samples * 30 <= frames * SAMPLE_RATE


@pytest.mark.parametrize("samples", [0, 1, 100, 533, 534, 8000])
def test_sounds_of_any_length_are_performed(model, samples):
    curves = model.decode(model.encode(Speech(np.full(samples, 0.1, np.float32))), Controls())
    assert curves.values.shape == (frame_count(samples), 52)
    assert curves.basis is ARKIT
    assert curves.fps == 30


def test_windows_give_the_numbers_of_one_pass(model, sound, monkeypatch):
    controls = Controls({"happy": 0.6, "personal_style": "Stage actor", "emotion_level": 0.9})
    whole = model.encode(Speech(sound))
    curves = model.decode(whole, controls).values
    monkeypatch.setattr(compact, "_CHUNK", 13)
    windowed = model.encode(Speech(sound))
    for name, array in whole.arrays.items():
        np.testing.assert_allclose(windowed.arrays[name], array, atol=1e-4)
    np.testing.assert_allclose(model.decode(windowed, controls).values, curves, atol=1e-4)


def test_two_runs_give_the_same_bytes(model, sound):
    first, second = (model.decode(model.encode(Speech(sound)), Controls({"sad": 1})).values for _ in range(2))
    assert first.tobytes() == second.tobytes()


@pytest.mark.parametrize("decibels", [-20, 12])
def test_gain_does_not_matter(model, sound, features, decibels):
    louder = model.encode(Speech(sound * np.float32(10 ** (decibels / 20))))
    calm = model.decode(features, Controls()).values
    np.testing.assert_allclose(model.decode(louder, Controls()).values, calm, atol=0.01)


@pytest.mark.parametrize("loud", [0.0, 1e-5, 1e-3, 0.02])
def test_silence_and_room_tone_leave_the_mouth_closed_and_still(model, loud):
    rng = np.random.default_rng(0)
    tone = (loud * rng.normal(0, 1, 3 * SAMPLE_RATE)).astype(np.float32)
    curves = model.decode(model.encode(Speech(tone)), Controls())
    aperture = curves.values @ APERTURE
    assert aperture.max() < 0.08
    assert np.abs(np.diff(aperture)).mean() < 0.004


def test_coefficients_stay_within_limits_at_the_extremes(model, features):
    controls = Controls({"anger": 1, "intensity": 1.5, "emotion_level": 1, "personal_style": "Stage actor"})
    values = model.decode(features, controls).values
    assert values.min() >= 0
    assert values.max() <= 1


@pytest.mark.parametrize("emotion", EMOTIONS[1:])
def test_every_emotion_looks_like_its_prototype_and_grows_with_its_weight(model, features, emotion):
    calm = model.decode(features, Controls()).values.mean(axis=0)
    shifts = [model.decode(features, Controls({emotion: w})).values.mean(axis=0) - calm for w in (0.25, 0.5, 0.75, 1)]
    assert np.argmin(np.linalg.norm(PROTOTYPES - shifts[-1], axis=1)) == EMOTIONS.index(emotion)
    prototype = PROTOTYPES[EMOTIONS.index(emotion)]
    strengths = [shift @ prototype for shift in shifts]
    assert np.all(np.diff([0, *strengths]) > 0)


def test_an_emotion_may_change_over_time(model, features):
    ramp = np.linspace(0, 1, features.frames)
    brows = model.decode(features, Controls({"surprise": ramp})).channel("browInnerUp")
    calm = model.decode(features, Controls()).channel("browInnerUp")
    assert np.corrcoef(brows - calm, ramp)[0, 1] > 0.98


def test_no_two_personal_styles_are_the_same(model, features):
    rows = [model.decode(features, Controls({"personal_style": name})).values for name in STYLE_NAMES]
    for i, first in enumerate(rows):
        for second in rows[:i]:
            assert np.sqrt(np.mean((first - second) ** 2)) > 0.004


def test_the_emotion_level_blends_from_held_back_to_strong(model, features):
    brows = [
        model.decode(features, Controls({"surprise": 0.8, "emotion_level": level})).channel("browInnerUp").mean()
        for level in (0, 0.5, 1)
    ]
    assert brows[0] < brows[1] < brows[2]


def laughing_there(features, share):
    """The same line, somebody laughing through its second half with a given logit."""
    signals = features.arrays["signals"].copy()
    signals[:, SIGNALS.index("laughter")] = np.where(np.arange(len(signals)) < len(signals) // 2, -10, share)
    return replace(features, arrays={**features.arrays, "signals": signals})


def test_who_laughs_smiles_and_who_does_not_stays_as_before(model, features):
    calm = model.decode(laughing_there(features, -10), Controls()).values
    amused = model.decode(laughing_there(features, 10), Controls()).values
    smile, early = arkit.INDEX["mouthSmileLeft"], features.frames // 2 - 10
    assert (amused[early + 20 :, smile] > calm[early + 20 :, smile] + 0.2).all()
    np.testing.assert_array_equal(amused[:early], calm[:early])
    first = np.flatnonzero((amused != calm).any(axis=1))[0]
    assert first == features.frames // 2 - round(ATTACK * 30)


def test_laughter_can_be_ignored(model, features):
    ignored = model.decode(laughing_there(features, 10), Controls({"laughter": 0})).values
    np.testing.assert_array_equal(ignored, model.decode(laughing_there(features, -10), Controls()).values)


def test_a_word_spoken_with_a_laugh_keeps_its_contacts(model, features):
    signals = laughing_there(features, 10).arrays["signals"].copy()
    signals[:, SIGNALS.index("bilabial")] = 10
    pressed = replace(features, arrays={**features.arrays, "signals": signals})
    assert (model.decode(pressed, Controls({"laughter": 1.5})).values @ APERTURE < 0.02).all()


def test_a_contact_in_doubt_is_one_gesture_and_two_stay_two():
    shares = np.array([0, 0.8, 0.1, 0.7, 0, 0, 0.9, 0.2, 0], np.float32)
    likely = np.array([0, 1, 1, 1, 1, 0, 1, 1, 0], bool)
    np.testing.assert_allclose(compact.as_one_gesture(shares, likely), [0, 0.8, 0.8, 0.8, 0.8, 0, 0.9, 0.9, 0])


def test_weights_are_small(model):
    assert bundled_weights(MODEL_ID).stat().st_size < 12e6


def test_weights_of_another_model_are_refused(tmp_path):
    path = tmp_path / "other.safetensors"
    write_safetensors(path, {"a": np.zeros(3, np.float32)}, {"model": "other"})
    with pytest.raises(EmoTalkError, match="are not EmoTalk Compact's"):
        EmoTalkCompact.load(path, COMPACT_SPEC)


def test_weights_with_a_part_missing_are_refused(tmp_path):
    arrays, metadata = read_safetensors(bundled_weights(MODEL_ID))
    del arrays["fusion.weight"]
    path = tmp_path / "partial.safetensors"
    write_safetensors(path, arrays, metadata)
    with pytest.raises(EmoTalkError, match=r"do not fit EmoTalk Compact .*fusion\.weight"):
        EmoTalkCompact.load(path, COMPACT_SPEC)
    write_safetensors(path, arrays, {**metadata, "config": json.dumps([])})
    with pytest.raises(EmoTalkError):
        EmoTalkCompact.load(path, COMPACT_SPEC)


def test_tight_lipped_speakers_press_their_lips_harder(model, features):
    press = {
        style: model.decode(features, Controls({"personal_style": style})).channel("mouthPressLeft").max()
        for style in ("Natural", "Tight-lipped")
    }
    assert press["Tight-lipped"] > 1.3 * press["Natural"] > 0.2
