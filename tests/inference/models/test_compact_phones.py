"""The phones of EmoTalk Compact: what it hears, and what it does with what it is told."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from emotalk.face.alignment import LEAST_FIT, Alignment, SpokenWord
from emotalk.face.controls import STILL_ACTING, Controls
from emotalk.face.gestures import bridge_pauses
from emotalk.face.metrics import APERTURE
from emotalk.face.phones import BILABIALS, PHONE_INDEX, PHONES, PhoneSegment
from emotalk.inference.checkpoints.safetensors_file import bundled_weights, read_safetensors, write_safetensors
from emotalk.inference.contract import PHONE_RATE, SAMPLE_RATE, EmoTalkError, HearsPhones, Speech
from emotalk.inference.engine import Engine
from emotalk.inference.models import compact, compact_phones
from emotalk.inference.models.compact import MODEL_ID, SIGNALS, TOLD, EmoTalkCompact
from emotalk.inference.models.compact import PHONES as HEARD
from emotalk.inference.models.compact_phones import (
    REACH,
    TRACKS,
    CompactPhones,
    encoder_digest,
    follow_voice,
    phone_tracks,
    phones_file,
    told_gestures,
)
from emotalk.inference.models.loading import load_model
from emotalk.inference.registry import COMPACT_SPEC
from emotalk.inference.sound.audio import read_speech
from hypothesis import given
from hypothesis import strategies as st

LINE = Path(__file__).parents[3] / "samples" / "line.wav"
STILL = Controls({**STILL_ACTING, "blink_rate": 0, "gaze_gain": 0, "head_gain": 0})


@pytest.fixture(scope="module")
def model():
    return EmoTalkCompact.load(bundled_weights(MODEL_ID), COMPACT_SPEC)


@pytest.fixture(scope="module")
def speech():
    return Speech(read_speech(LINE).samples[: 3 * SAMPLE_RATE])


@pytest.fixture(scope="module")
def features(model, speech):
    return model.encode(speech)


def alignment(*phones, words=()):
    """An alignment of (name, seconds) pairs, one after the other."""
    clock, segments = 0.0, []
    for name, seconds in phones:
        segments.append(PhoneSegment(name, clock, clock + seconds))
        clock += seconds
    return Alignment(tuple(segments), words).checked()


TOLD_LINE = alignment(("SIL", 0.5), ("AA", 0.3), ("M", 0.12), ("AA", 0.3), ("F", 0.15), ("AA", 0.63), ("SIL", 1.0))


def aperture_of(curves):
    return curves.values @ APERTURE


def test_the_model_that_is_loaded_hears_phones_and_says_so(model, features):
    assert isinstance(model, HearsPhones)
    assert model.hears_phones
    posteriors = model.phone_posteriors(features)
    assert posteriors.dtype == np.float32
    assert posteriors.shape[1] == len(PHONES)
    assert 0 <= len(posteriors) / PHONE_RATE - features.frames / 30 < 0.05
    np.testing.assert_allclose(np.exp(posteriors).sum(axis=1), 1, atol=1e-4)


def test_silence_is_heard_as_silence(model):
    heard = model.phone_posteriors(model.encode(Speech(np.zeros(2 * SAMPLE_RATE, np.float32))))
    assert np.all(heard.argmax(axis=1) == PHONE_INDEX["SIL"])


def test_phones_lie_where_they_are_spoken(model):
    """The head is not shifted: moving the sound by a second moves what is heard by a second."""
    speech = read_speech(LINE).samples
    heard = model.phone_posteriors(model.encode(Speech(speech)))
    later = model.phone_posteriors(model.encode(Speech(np.concatenate([np.zeros(SAMPLE_RATE, np.float32), speech]))))
    same = heard.argmax(axis=1) == later[PHONE_RATE : PHONE_RATE + len(heard)].argmax(axis=1)
    assert same.mean() > 0.95


@pytest.mark.parametrize("frames", [1, 7, 13, 40])
def test_phones_in_windows_are_those_of_one_pass(model, speech, features, monkeypatch, frames):
    monkeypatch.setattr(compact, "_CHUNK", frames)
    windowed = model.encode(speech).arrays[HEARD]
    assert windowed.shape == features.arrays[HEARD].shape
    np.testing.assert_allclose(windowed, features.arrays[HEARD], atol=2e-3)


@pytest.mark.parametrize("samples", [0, 1, 100, 533, 534, 8000])
def test_sounds_of_any_length_are_heard_and_told(model, samples):
    features = model.encode(Speech(np.full(samples, 0.1, np.float32)))
    assert np.isfinite(model.phone_posteriors(features)).all()
    assert model.decode(model.tell(features, TOLD_LINE), Controls()).values.shape == (features.frames, 52)
    assert model.decode(model.tell(features, Alignment(())), Controls()).frames == features.frames


def test_the_head_changes_nothing_that_was_there(model, speech, features):
    arrays, metadata = read_safetensors(bundled_weights(MODEL_ID))
    deaf = EmoTalkCompact(arrays, compact.read_config(metadata, LINE), COMPACT_SPEC)
    plain = deaf.encode(speech)
    assert set(features.arrays) - set(plain.arrays) == {HEARD}
    for name, array in plain.arrays.items():
        assert array.tobytes() == features.arrays[name].tobytes()
    controls = Controls({"happy": 0.7})
    assert deaf.decode(plain, controls).values.tobytes() == model.decode(features, controls).values.tobytes()
    assert not deaf.hears_phones
    for ask in (lambda: deaf.phone_posteriors(plain), lambda: deaf.tell(plain, TOLD_LINE)):
        with pytest.raises(EmoTalkError, match="install EmoTalk again"):
            ask()


def test_told_contacts_close_in_the_finished_performance(speech):
    engine = Engine(load_model)
    told = engine.perform(speech, STILL, alignment=TOLD_LINE).face
    aperture = aperture_of(told)
    widest = aperture.max()
    assert widest > 0.1
    assert aperture[round(0.86 * 30)] < 0.1 * widest
    assert aperture[round(0.65 * 30)] > 0.4 * widest
    assert aperture[round(1.06 * 30)] > 0.4 * widest
    assert aperture[round(2.7 * 30) :].max() < 0.1 * widest
    assert told.values.tobytes() == Engine(load_model).perform(speech, STILL, alignment=TOLD_LINE).face.values.tobytes()
    heard = engine.perform(speech, STILL).face
    assert heard.values.tobytes() == Engine(load_model).perform(speech, STILL).face.values.tobytes()
    assert not np.array_equal(heard.values, told.values)


@pytest.mark.parametrize("seconds", [0.03, 0.06, 0.12, 0.2])
def test_a_told_closure_lasts_as_long_as_its_sound(model, features, seconds):
    vowels = [("AA", 0.2), ("T", 0.08)] * 3 + [("AA", 0.16)]
    aperture = aperture_of(model.decode(model.tell(features, alignment(*vowels, ("M", seconds), *vowels)), Controls()))
    times = np.arange(0.8, 1.3, 0.001)
    fine = np.interp(times, np.arange(len(aperture)) / 30, aperture)
    shut = times[fine < 0.2 * np.percentile(aperture, 95)]
    assert np.all(np.diff(shut) < 0.0015)
    assert seconds - 0.02 < shut[-1] - shut[0] < max(seconds, 0.05) + 0.07
    assert abs((shut[0] + shut[-1]) / 2 - (1 + seconds / 2)) < 0.03


def test_vowels_that_are_told_open_and_round_the_mouth_as_they_do(model, features):
    def shown(name, channel):
        told = model.tell(features, alignment(*[("T", 0.08), (name, 0.17)] * 10))
        places = [round((0.25 * i + 0.165) * 30) for i in range(2, 9)]
        return model.decode(told, Controls()).channel(channel)[places].mean()

    assert shown("AA", "jawOpen") > 2 * shown("IY", "jawOpen")
    assert shown("UW", "mouthPucker") > 3 * shown("IY", "mouthPucker")
    assert shown("IY", "mouthStretchLeft") > shown("UW", "mouthStretchLeft") + 0.05


def test_a_word_that_fits_badly_stays_as_heard(model, features):
    words = (SpokenWord("good", 0.5, 1.0, LEAST_FIT), SpokenWord("bad", 1.0, 2.0, LEAST_FIT - 0.01))
    told = model.tell(features, replace(TOLD_LINE, words=words))
    inside, outside = slice(31, 60), slice(0, 27)
    for name in ("content", "signals"):
        np.testing.assert_array_equal(told.arrays[name][inside], features.arrays[name][inside])
        assert not np.array_equal(told.arrays[name][outside], features.arrays[name][outside])
    share = told.arrays[TOLD][:, 0]
    assert share[26] == share[64] == 1
    assert np.abs(np.diff(share)).max() < 0.7


def test_laughter_and_emotion_are_always_heard(model, features):
    told = model.tell(features, TOLD_LINE)
    for name in ("emotion", "loudness", HEARD):
        np.testing.assert_array_equal(told.arrays[name], features.arrays[name])
    laughter = SIGNALS.index("laughter")
    np.testing.assert_array_equal(told.arrays["signals"][:, laughter], features.arrays["signals"][:, laughter])


def test_emotions_and_styles_show_in_told_lines_as_in_heard_ones(model, features):
    told = model.tell(features, TOLD_LINE)
    calm, happy = (model.decode(told, Controls(changed)) for changed in ({}, {"happy": 1}))
    assert (happy.channel("mouthSmileLeft") - calm.channel("mouthSmileLeft")).mean() > 0.1
    shut = round(0.86 * 30)
    assert aperture_of(happy)[shut] < 0.2 * aperture_of(happy).max()
    mumbled = model.decode(told, Controls({"personal_style": "Mumbler"}))
    assert mumbled.channel("jawOpen").max() < 0.8 * calm.channel("jawOpen").max()


def test_told_lines_in_windows_are_those_of_one_pass(model, features, monkeypatch):
    told = model.tell(features, TOLD_LINE)
    whole = model.decode(told, Controls({"sad": 0.5})).values
    monkeypatch.setattr(compact, "_CHUNK", 13)
    monkeypatch.setattr(compact_phones, "_CHUNK", 11)
    again = model.tell(features, TOLD_LINE)
    np.testing.assert_allclose(again.arrays["content"], told.arrays["content"], atol=1e-4)
    np.testing.assert_allclose(model.decode(again, Controls({"sad": 0.5})).values, whole, atol=1e-4)


@given(
    st.lists(st.tuples(st.sampled_from(PHONES), st.floats(0.011, 0.4)), min_size=1, max_size=20),
    st.integers(1, 90),
)
def test_tracks_share_out_every_frame_and_contacts_reach_every_closure(phones, frames):
    line = alignment(*phones)
    times = np.arange(frames) / 30
    tracks = phone_tracks(line, times, 30.0)
    assert tracks.shape == (frames, TRACKS)
    np.testing.assert_allclose(tracks[:, : len(PHONES)].sum(axis=1), 1, atol=1e-4)
    assert tracks[:, : len(PHONES)].min() > -1e-5
    gestures = told_gestures(line, times)
    assert gestures.min() >= 0
    assert gestures.max() <= 1
    for phone in line.phones:
        middle = round((phone.start + 0.35 * (phone.end - phone.start)) * 30)
        if phone.name in BILABIALS and middle < frames:
            assert gestures[middle, 1] > 0.4


VOICE = np.where((np.arange(90) >= 12) & (np.arange(90) < 54), 0.99, 0.02)
"""Heard from 0.4 to 1.8 s."""


def test_phones_last_as_long_as_the_voice_but_not_much_longer():
    for said, ends in (
        ((("SIL", 0.5), ("AA", 0.5), ("S", 0.7), ("SIL", 1.3)), (0.4, 1.0, 1.8, 3.0)),
        ((("SIL", 0.6), ("AA", 0.5), ("S", 0.5), ("SIL", 1.4)), (0.48, 1.1, 1.72, 3.0)),
        ((("SIL", 0.4), ("AA", 1.4), ("SIL", 1.2)), (0.4, 1.8, 3.0)),
        ((("SIL", 0.2), ("AA", 1.7), ("SIL", 1.1)), (0.2, 1.9, 3.0)),
    ):
        line = alignment(*said)
        followed = follow_voice(line.phones, VOICE, 30.0)
        assert [p.name for p in followed] == [p.name for p in line.phones]
        np.testing.assert_allclose([p.end for p in followed], ends, atol=1e-6)


@given(
    st.lists(st.tuples(st.sampled_from(("SIL", "AA", "M", "T")), st.floats(0.02, 0.8)), min_size=1, max_size=10),
    st.integers(0, 10_000),
)
def test_a_followed_line_is_a_line_and_keeps_its_rests(phones, seed):
    said = bridge_pauses(alignment(*phones).phones)
    speech = np.random.default_rng(seed).choice([0.1, 0.95], 200)
    followed = follow_voice(said, speech, 30.0)
    Alignment(followed).checked()
    assert [p.name for p in followed] == [p.name for p in said]
    assert followed[-1].end == said[-1].end
    for before, after in zip(said, followed, strict=True):
        if before.name == "SIL":
            assert after.end - after.start >= min(before.end - before.start, 0.3) - 1e-6
            assert before.start <= after.start + 1e-9
            assert after.end <= before.end + 1e-9


def test_only_aligned_lines_follow_the_voice(model, features):
    """What the animator has moved stays where it is."""
    phones = alignment(("SIL", 0.9), ("M", 0.1), ("AA", 0.2), ("SIL", 1.8))
    told = {o: model.tell(features, replace(phones, origin=o)).arrays["content"] for o in ("aligned", "edited", "read")}
    np.testing.assert_array_equal(told["edited"], told["read"])
    assert not np.array_equal(told["aligned"], told["edited"])


def test_phones_of_another_encoder_are_left_alone(monkeypatch, tmp_path):
    arrays, metadata = read_safetensors(phones_file())
    monkeypatch.setattr(compact_phones, "PARTS_FOLDER", tmp_path)
    assert not EmoTalkCompact.load(bundled_weights(MODEL_ID), COMPACT_SPEC).hears_phones
    write_safetensors(phones_file(), arrays, metadata)
    assert EmoTalkCompact.load(bundled_weights(MODEL_ID), COMPACT_SPEC).hears_phones
    write_safetensors(phones_file(), arrays, metadata | {compact_phones.BASE: "0" * 32})
    assert not EmoTalkCompact.load(bundled_weights(MODEL_ID), COMPACT_SPEC).hears_phones
    phones_file().write_bytes(b"no weights")
    with pytest.raises(EmoTalkError, match="safetensors"):
        EmoTalkCompact.load(bundled_weights(MODEL_ID), COMPACT_SPEC)


def test_the_digest_tells_encoders_apart_and_does_not_hear_the_decoder():
    arrays, _ = read_safetensors(bundled_weights(MODEL_ID))
    digest = encoder_digest(arrays)
    assert encoder_digest({name: array.astype(np.float32) for name, array in arrays.items()}) == digest
    assert encoder_digest(arrays | {"face.bias": arrays["face.bias"] + 1}) == digest
    assert encoder_digest(arrays | {"content.out.bias": arrays["content.out.bias"] + 1}) != digest


def test_weights_that_do_not_fit_together_are_refused():
    arrays, _ = read_safetensors(phones_file())
    with pytest.raises(EmoTalkError, match="fit together"):
        CompactPhones({name: array for name, array in arrays.items() if name != "head.out.bias"})
    with pytest.raises(EmoTalkError, match="fit together"):
        CompactPhones(arrays | {"articulator.blocks.0.weight": arrays["articulator.blocks.0.weight"][:, :3]})


def test_the_networks_in_numpy_are_those_in_torch():
    torch = pytest.importorskip("torch")
    from emotalk.training.compact.network import CompactNetwork, NetworkConfig
    from emotalk.training.phones.export import inference_arrays
    from emotalk.training.phones.network import PhonesNetwork

    torch.manual_seed(0)
    network = PhonesNetwork(CompactNetwork(NetworkConfig(content_width=24)), 16, 20, 0.1).eval()
    phones = CompactPhones(inference_arrays(network))
    rng = np.random.default_rng(0)
    activations = rng.normal(size=(50, 24)).astype(np.float32)
    heard = rng.normal(size=(75, 65)).astype(np.float32)
    edges = np.zeros((REACH, 16), np.float32)
    posteriors = phones.posteriors(np.concatenate([edges, phones.project(activations), edges]))
    tracks = phone_tracks(TOLD_LINE, np.arange(75) / 30, 30.0)
    with torch.no_grad():
        logits = network.head(torch.from_numpy(activations)[None])[0]
        content = network.articulator(torch.from_numpy(tracks)[None], torch.from_numpy(heard)[None])[0]
    np.testing.assert_allclose(posteriors, torch.log_softmax(logits, dim=1).numpy(), atol=1e-4)
    np.testing.assert_allclose(phones.contents(TOLD_LINE, heard, 30.0), content.numpy(), atol=1e-4)
