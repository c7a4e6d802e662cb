import json
from pathlib import Path

import numpy as np
import pytest
from emotalk.face import arkit
from emotalk.face.alignment import Alignment, SpokenWord
from emotalk.face.aperture import CLOSED, lip_aperture
from emotalk.face.controls import Controls
from emotalk.face.phones import PhoneSegment
from emotalk.inference.checkpoints.safetensors_file import bundled_weights, read_safetensors, write_safetensors
from emotalk.inference.contract import SAMPLE_RATE, EmoTalkError, Speech
from emotalk.inference.engine import Engine
from emotalk.inference.models import laughtalk_compact
from emotalk.inference.models.compact import MODEL_ID as BASE_MODEL
from emotalk.inference.models.compact import EmoTalkCompact
from emotalk.inference.models.laughtalk_compact import (
    BASE,
    CONTACTS,
    MODEL_ID,
    OUTPUTS,
    LaughTalkCompact,
    add_residual,
    encoders_hash,
    laughing_share,
)
from emotalk.inference.models.loading import ModelChoice
from emotalk.inference.registry import COMPACT_SPEC, NETWORKS
from emotalk.inference.sound.audio import read_speech
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

CHANNELS = len(arkit.CHANNELS)
JAW = arkit.INDEX["jawOpen"]
SMILE = arkit.INDEX["mouthSmileLeft"]
CONFIG = {"dilations": [1, 3, 2], "contacts": {name: [0.4, 0.6] for name in CONTACTS}}
INPUTS = 64 + 16 + 4 + 1 + 1


def random_weights(seed=0, width=12, laughs=True):
    """A small network; with ``laughs`` off its laughter is never likely."""
    rng = np.random.default_rng(seed)
    arrays = {"input.mean": rng.normal(0, 1, INPUTS), "input.spread": rng.uniform(0.5, 2, INPUTS)}

    def layer(name, *shape):
        arrays[f"{name}.weight"] = rng.normal(0, 1, shape) / np.sqrt(np.prod(shape[:-1]))
        arrays[f"{name}.bias"] = rng.normal(0, 0.1, shape[-1])

    layer("input", INPUTS, width)
    for number in range(len(CONFIG["dilations"])):
        arrays[f"blocks.{number}.norm.weight"], arrays[f"blocks.{number}.norm.bias"] = np.ones(width), np.zeros(width)
        layer(f"blocks.{number}.conv", 3, width, width)
        layer(f"blocks.{number}.mix", width, width)
    arrays["norm.weight"], arrays["norm.bias"] = np.ones(width), np.zeros(width)
    layer("output", width, OUTPUTS)
    arrays["output.weight"] *= 0.3
    arrays["output.bias"][CHANNELS : CHANNELS + 2] = 9 if laughs else -9
    return {name: np.asarray(array, np.float32) for name, array in arrays.items()}


@pytest.fixture(scope="module")
def base():
    return EmoTalkCompact.load(bundled_weights(BASE_MODEL), COMPACT_SPEC)


@pytest.fixture(scope="module")
def laughing(base):
    return LaughTalkCompact(base, random_weights(), CONFIG, COMPACT_SPEC)


@pytest.fixture(scope="module")
def shipped():
    return NETWORKS[MODEL_ID].load(bundled_weights(MODEL_ID), NETWORKS[MODEL_ID].spec, "cpu", "float32", False)


@pytest.fixture(scope="module")
def line():
    return read_speech(Path(laughtalk_compact.__file__).parents[2] / "samples" / "line.wav")


def chirping_laugh(seconds=6.0, first=2.0, calls=8, spacing=0.21):
    """Noisy vowels with falling pitch between silences: what the built-in model hears as laughter."""
    rng = np.random.default_rng(0)
    samples = 1e-4 * rng.normal(0, 1, int(seconds * SAMPLE_RATE))
    for number in range(calls):
        time = np.arange(int(0.12 * SAMPLE_RATE)) / SAMPLE_RATE
        voice = sum(np.sin(2 * np.pi * 260 * 0.97**number * k * time) / k for k in range(1, 20))
        call = (voice + rng.normal(0, 0.5, len(time))) * np.hanning(len(time)) * 0.1 * 0.93**number
        place = int((first + spacing * number) * SAMPLE_RATE)
        samples[place : place + len(call)] += call
    return Speech(samples.astype(np.float32))


def test_without_the_residual_the_talk_is_the_built_in_models_to_the_last_bit(base, laughing, line):
    features = laughing.encode(line)
    silent = laughing.decode(features, Controls({"laughter": 0}))
    assert np.array_equal(silent.values, base.decode(base.encode(line), Controls({"laughter": 0})).values)
    assert not np.array_equal(laughing.decode(features, Controls()).values, silent.values)


def test_where_nobody_laughs_nothing_changes_at_any_gain(base, line):
    never = LaughTalkCompact(base, random_weights(laughs=False), CONFIG, COMPACT_SPEC)
    features = never.encode(line)
    assert not features.arrays["residual"].any()
    assert not never.hear(features).laughter.any()
    talk = base.decode(base.encode(line), Controls({"laughter": 0}))
    assert np.array_equal(never.decode(features, Controls({"laughter": 1.5})).values, talk.values)


def test_lips_are_not_closed_twice_where_nobody_laughs(base, line):
    never = random_weights(laughs=False)
    never["output.bias"][CHANNELS + 2 :] = 9
    features = LaughTalkCompact(base, never, CONFIG, COMPACT_SPEC).encode(line)
    assert not features.arrays["covered"].any()
    always = random_weights()
    always["output.bias"][CHANNELS + 2 :] = 9
    assert LaughTalkCompact(base, always, CONFIG, COMPACT_SPEC).encode(line).arrays["covered"][10:-10].min() > 0.9


def test_windows_give_the_numbers_of_one_pass(laughing, line, monkeypatch):
    whole = laughing.encode(line)
    monkeypatch.setattr(laughtalk_compact, "_CHUNK", 17)
    parts = laughing.encode(line)
    for name, array in whole.arrays.items():
        assert parts.arrays[name] == pytest.approx(array, abs=2e-5)


def test_the_gain_is_heeded_frame_by_frame(laughing, line):
    features = laughing.encode(line)
    gain = np.where(np.arange(features.frames) < 30, 0.0, 1.0)
    mixed = laughing.decode(features, Controls({"laughter": gain})).values
    off, on = (laughing.decode(features, Controls({"laughter": each})).values for each in (0, 1))
    assert np.array_equal(mixed[:30], off[:30])
    assert np.array_equal(mixed[30:], on[30:])


def test_the_shipped_network_laughs_where_a_laugh_is_and_nowhere_in_the_sample_line(shipped, line):
    features = shipped.encode(chirping_laugh())
    laughter = shipped.hear(features).laughter
    assert laughter[70:100].min() > 0.5
    assert not laughter[:40].any()
    added = shipped.decode(features, Controls()).values - shipped.decode(features, Controls({"laughter": 0})).values
    assert added[70:100, SMILE].mean() > 0.4
    assert added[70:100, arkit.INDEX["cheekSquintLeft"]].mean() > 0.3
    assert not shipped.encode(line).arrays["residual"].any()


def test_the_same_sound_gives_the_same_bytes(shipped):
    speech = chirping_laugh()
    choice = ModelChoice(MODEL_ID)
    first, second = (Engine().perform(speech, Controls(), choice).face.values for _ in range(2))
    assert first.tobytes() == second.tobytes()


@pytest.mark.parametrize("frames", [0, 1, 2, 40])
def test_lines_of_any_length(laughing, frames):
    speech = Speech(np.full(frames * SAMPLE_RATE // 30, 1e-3, np.float32))
    features = laughing.encode(speech)
    assert laughing.decode(features, Controls()).values.shape == (frames, CHANNELS)


def test_lips_that_are_told_to_close_stay_closed_in_a_laugh(shipped):
    speech = chirping_laugh()
    features = shipped.encode(speech)
    spoken = (PhoneSegment("SIL", 0.0, 2.5), PhoneSegment("M", 2.5, 2.7), PhoneSegment("AA", 2.7, 3.0))
    alignment = Alignment((*spoken, PhoneSegment("SIL", 3.0, speech.seconds)), (SpokenWord("ma", 2.5, 3.0),), "read")
    told = shipped.tell(features, alignment)
    assert shipped.hears_phones
    assert np.array_equal(told.arrays["residual"], features.arrays["residual"])
    opened, closed = (lip_aperture(shipped.decode(each, Controls()).values)[77:80] for each in (features, told))
    assert opened.min() > CLOSED > closed.max()


rows = st.integers(1, 12).flatmap(
    lambda n: st.tuples(
        arrays_of.arrays(np.float32, (n, CHANNELS), elements=st.floats(0, 1, width=32)),
        arrays_of.arrays(np.float32, (n, CHANNELS), elements=st.floats(-1, 1, width=32)),
        arrays_of.arrays(np.float32, (n, 2), elements=st.floats(0, 1, width=32)),
        arrays_of.arrays(np.float32, (n,), elements=st.floats(0, 1, width=32)),
        arrays_of.arrays(np.float32, (n,), elements=st.floats(0, 1.5, width=32)),
    )
)


@settings(max_examples=40, deadline=None)
@given(rows)
def test_a_sum_stays_within_its_limits_and_covered_lips_close(parts):
    talk, residual, covered, held, gain = parts
    values = add_residual(talk, residual, covered, held, gain)
    assert values.min() >= 0
    assert values.max() <= 1
    full = add_residual(
        talk, residual, np.tile(np.float32([1, 0]), (len(talk), 1)), held, np.ones(len(talk), np.float32)
    )
    assert (lip_aperture(full) < CLOSED).all()


def test_the_jaw_opens_by_soft_union():
    talk, residual = np.zeros((1, CHANNELS), np.float32), np.zeros((1, CHANNELS), np.float32)
    talk[0, JAW], residual[0, JAW] = 0.5, 0.4
    none, still = np.zeros((1, 2), np.float32), np.zeros(1, np.float32)
    for gain, jaw in ((0.0, 0.5), (1.0, 1 - 0.5 * 0.6), (1.5, 1 - 0.5 * 0.4)):
        values = add_residual(talk, residual, none, still, np.full(1, gain, np.float32))
        assert values[0, JAW] == pytest.approx(jaw)


def test_held_lips_stay_while_the_smile_comes():
    talk = np.zeros((1, CHANNELS), np.float32)
    residual = np.full((1, CHANNELS), 0.4, np.float32)
    held = add_residual(talk, residual, np.zeros((1, 2), np.float32), np.ones(1, np.float32), np.ones(1, np.float32))
    assert lip_aperture(held)[0] <= 0
    assert held[0, SMILE] == pytest.approx(0.4)


def test_the_share_of_a_laugh_fades_within_it_and_is_zero_beside_it():
    chance = np.zeros(120, np.float32)
    chance[30:80] = 0.99
    assert not laughing_share(chance, np.minimum(chance, 0.9)).any()
    share = laughing_share(chance, chance)
    assert not share[:30].any()
    assert not share[80:].any()
    assert share[30:34] == pytest.approx([0.25, 0.5, 0.75, 1.0])
    assert share[76:80] == pytest.approx([1.0, 0.75, 0.5, 0.25])


def test_the_hash_is_of_the_encoders_alone():
    arrays, _ = read_safetensors(bundled_weights(BASE_MODEL))
    known = encoders_hash(arrays)
    other = {**arrays, "face.bias": arrays["face.bias"] + np.float16(1), "phones.weight": arrays["face.bias"]}
    assert encoders_hash(other) == known
    heard = {**arrays, "content.out.bias": arrays["content.out.bias"] + np.float16(1)}
    assert encoders_hash(heard) != known
    assert read_safetensors(bundled_weights(MODEL_ID))[1][BASE] == known


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"model": "karras"}, "not LaughTalk Compact's"),
        ({"config": "none"}, "do not describe their network"),
        ({BASE: "0" * 64}, "not installed"),
        ({"config": json.dumps({"dilations": [1]})}, "do not fit"),
    ],
)
def test_a_file_that_does_not_fit_says_what_is_wrong(tmp_path, change, says):
    arrays, metadata = read_safetensors(bundled_weights(MODEL_ID))
    path = tmp_path / "broken.safetensors"
    write_safetensors(path, arrays, {**metadata, **change})
    with pytest.raises(EmoTalkError, match=says):
        LaughTalkCompact.load(path, COMPACT_SPEC)


def test_a_missing_weight_is_named(base):
    arrays = random_weights()
    del arrays["blocks.1.mix.bias"]
    with pytest.raises(EmoTalkError, match=r"blocks\.1\.mix\.bias"):
        LaughTalkCompact(base, arrays, CONFIG, COMPACT_SPEC)
