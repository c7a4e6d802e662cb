"""The engine: order of steps, cache of encoded lines, progress, and equal bytes for equal input."""

import dataclasses

import numpy as np
import pytest
from emotalk.face import arkit
from emotalk.face.alignment import Alignment
from emotalk.face.basis import ARKIT
from emotalk.face.controls import STILL_ACTING, ControlError, Controls
from emotalk.face.curves import FaceCurves, performance_of
from emotalk.face.emotions import EMOTIONS
from emotalk.face.eyes import merge_eyes
from emotalk.face.phones import PhoneSegment
from emotalk.inference import engine as engine_module
from emotalk.inference.contract import SAMPLE_RATE, EmoTalkError, Features, ModelSpec, Speech
from emotalk.inference.engine import REMEMBERED_LINES, Engine, fingerprint
from emotalk.inference.models.loading import ModelChoice, load_model, model_ids
from emotalk.inference.models.placement import PlacedModel
from emotalk.inference.sound.rms import frame_rms
from hypothesis import given, settings
from hypothesis import strategies as st


class LoudnessModel:
    """The smallest real model: the jaw opens with the sound, the brows rise with happiness."""

    model_id = "loudness"
    spec = ModelSpec(ARKIT, 30.0, EMOTIONS)

    def __init__(self):
        self.encoded = 0

    def encode(self, speech, progress=None):
        self.encoded += 1
        if progress:
            progress(0.5)
        frames = -(-len(speech.samples) * 30 // SAMPLE_RATE)
        return Features(self.model_id, frames, {"level": frame_rms(speech, frames, 30.0)})

    def decode(self, features, controls):
        values = np.zeros((features.frames, 52), np.float32)
        values[:, arkit.INDEX["jawOpen"]] = np.minimum(features.arrays["level"], 1)
        values[:, arkit.INDEX["browInnerUp"]] = controls.emotion_tracks(features.frames)[:, 1]
        return FaceCurves(values, ARKIT, 30.0)


def speech(seconds=2.0, seed=0):
    samples = np.random.default_rng(seed).normal(0, 0.1, round(seconds * SAMPLE_RATE)).astype(np.float32)
    return Speech(samples, "line.wav")


@pytest.fixture
def model():
    return LoudnessModel()


@pytest.fixture
def engine(model):
    return Engine(lambda *_: model)


QUIET = Controls({"blink_rate": 0, "gaze_gain": 0, "head_gain": 0, **STILL_ACTING})


def test_a_performance_is_decoded_shaped_and_enlivened(engine):
    plain = engine.perform(speech(), QUIET)
    assert plain.face.frames == plain.head.frames == 60
    assert plain.head.values.max() == 0
    halved = engine.perform(speech(), Controls({**QUIET, "jaw_gain": 0.5}))
    np.testing.assert_allclose(halved.face.channel("jawOpen"), plain.face.channel("jawOpen") / 2, rtol=1e-6)
    alive = engine.perform(speech(20.0), Controls())
    assert merge_eyes(alive).face.channel("eyeBlinkLeft").max() > 0.7
    assert np.abs(alive.head.values).max() > 0.2


def test_sliders_do_not_listen_again(engine, model):
    for happiness in (0, 0.5, 1):
        performance = engine.perform(speech(), Controls({**QUIET, "happy": happiness}))
        assert performance.face.channel("browInnerUp").max() == pytest.approx(happiness)
    assert model.encoded == 1


def test_the_sound_is_looked_at_once(monkeypatch):
    looked = []
    monkeypatch.setattr(engine_module, "check_sound", lambda speech: (looked.append(speech), ("Hm",))[1])
    engine = Engine()
    tone = np.sin(np.arange(SAMPLE_RATE) / 5).astype(np.float32)
    first, second = Speech(0.5 * tone, "one.wav"), Speech(0.25 * tone, "two.wav")
    monkeypatch.setattr(engine_module, "LEAST_VOICE", 0.0)
    assert [engine.remarks(speech) for speech in (first, first, second, second)] == [("Hm",)] * 4
    assert [speech.source for speech in looked] == ["one.wav", "two.wav"]


def test_the_voice_is_measured_once_for_all_sliders(engine, monkeypatch):
    measured = []
    measure = engine_module.prosody_tracks
    monkeypatch.setattr(engine_module, "prosody_tracks", lambda *given: measured.append(given) or measure(*given))
    for seed in range(3):
        engine.perform(speech(), Controls({"seed": seed, "happy": 0.5}))
    assert len(measured) == 1
    engine.perform(speech(), QUIET)
    engine.perform(speech(seed=1), Controls())
    assert len(measured) == 2


def test_the_same_sound_from_another_file_is_known(engine, model):
    engine.perform(speech(), QUIET)
    engine.perform(Speech(speech().samples.copy(), "copy.wav"), QUIET)
    assert model.encoded == 1
    assert fingerprint(speech()) != fingerprint(speech(seed=1))


def test_only_the_last_lines_are_remembered(engine, model):
    for seed in range(REMEMBERED_LINES):
        engine.perform(speech(0.1, seed), QUIET)
    engine.perform(speech(0.1, 0), QUIET)  # the oldest one, used again
    engine.perform(speech(0.1, 99), QUIET)
    assert model.encoded == REMEMBERED_LINES + 1
    engine.perform(speech(0.1, 0), QUIET)
    assert model.encoded == REMEMBERED_LINES + 1
    engine.perform(speech(0.1, 1), QUIET)
    assert model.encoded == REMEMBERED_LINES + 2


def test_long_lines_do_not_pile_up(engine, model, monkeypatch):
    monkeypatch.setattr(engine_module, "_REMEMBERED_BYTES", 100)
    engine.perform(speech(1.0, 0), QUIET)
    engine.perform(speech(1.0, 1), QUIET)
    engine.perform(speech(1.0, 1), QUIET)
    assert model.encoded == 2
    engine.perform(speech(1.0, 0), QUIET)
    assert model.encoded == 3


def test_progress_rises_from_nothing_to_all(engine):
    said = []
    engine.perform(speech(), QUIET, progress=lambda fraction, text: said.append((fraction, text)))
    fractions = [fraction for fraction, _ in said]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0, 1)
    assert pytest.approx(0.4) in fractions  # half of what listening takes
    assert all(text for _, text in said)


def test_two_engines_give_the_same_bytes():
    first, second = (
        Engine(lambda *_: LoudnessModel()).perform(speech(8.0), Controls({"fear": 0.7, "seed": 5})) for _ in range(2)
    )
    assert first.face.values.tobytes() == second.face.values.tobytes()
    assert first.head.values.tobytes() == second.head.values.tobytes()


@settings(deadline=None)
@given(samples=st.integers(1, 4000))
def test_the_shortest_sounds_are_performed(samples):
    performance = Engine(lambda *_: LoudnessModel()).perform(Speech(np.zeros(samples, np.float32)), Controls())
    assert performance.face.frames == -(-samples * 30 // SAMPLE_RATE) == performance.head.frames


@settings(deadline=None)
@given(seconds=st.floats(0.01, 3), fps=st.sampled_from((24.0, 25.0, 29.97, 30.0, 60.0)), seed=st.integers(0, 9))
def test_loudness_is_the_root_mean_square_around_each_frame(seconds, fps, seed):
    sound = speech(seconds, seed)
    frames = int(np.ceil(sound.seconds * fps))
    padded = np.pad(sound.samples.astype(float), (2000, 2000))
    expected = []
    for frame in range(frames):
        edges = [round((frame + shift) / fps * SAMPLE_RATE) + 2000 for shift in (-0.5, 0.5)]
        expected.append(np.sqrt(np.mean(padded[edges[0] : edges[1]] ** 2)))
    np.testing.assert_allclose(frame_rms(sound, frames, fps), expected, rtol=1e-5)


def test_loudness_of_long_lines_has_no_seams():
    sound = Speech(np.full(SAMPLE_RATE * 200, 0.5, np.float32))
    level = frame_rms(sound, 6000, 30.0)
    np.testing.assert_allclose(level[1:-1], 0.5, rtol=1e-5)


def test_unknown_models_are_a_sentence():
    with pytest.raises(EmoTalkError, match="There is no model named 'nobody'; there are: emotalk-compact"):
        Engine().perform(speech(), QUIET, ModelChoice("nobody"))
    assert "emotalk-compact" in model_ids()


def test_long_lines_report_progress():
    for model_id in model_ids():
        shares = []
        load_model(model_id).encode(speech(100.0), shares.append)
        assert len(shares) >= 3
        assert shares == sorted(shares)
        assert shares[-1] == 1


def test_every_model_of_the_registry_performs():
    for model_id in model_ids():
        model = load_model(model_id)
        assert model.model_id == model_id
        performance = Engine().perform(speech(0.5), Controls(), ModelChoice(model_id))
        assert performance.face.basis is model.spec.basis
        assert performance.face.fps == model.spec.fps
        assert np.isfinite(performance.face.values).all()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_model_that_gives_no_numbers_is_named(engine, model, monkeypatch, value):
    decode = model.decode

    def damaged(features, controls):
        curves = decode(features, controls)
        curves.values[-1, 20] = value
        return curves

    monkeypatch.setattr(model, "decode", damaged)
    with pytest.raises(EmoTalkError, match=r"The model actor gives values that are not numbers.*import them again"):
        engine.perform(speech(), Controls(), ModelChoice("actor"))


def test_each_model_encodes_the_line_itself():
    first, second = LoudnessModel(), LoudnessModel()
    engine = Engine(lambda model_id, *_: {"first": first, "second": second}[model_id])
    for _ in range(2):
        engine.perform(speech(), QUIET, ModelChoice("first"))
        engine.perform(speech(), QUIET, ModelChoice("second"))
    assert first.encoded == second.encoded == 1


def test_what_a_network_is_asked_for_is_encoded_anew(engine, model):
    for precision, device in (("float32", "cpu"), ("bfloat16", "cpu"), ("float32", "cuda")):
        engine.perform(speech(), QUIET, ModelChoice("first", device, precision))
    assert model.encoded == 3


def test_the_line_in_use_is_kept_longest(engine, model):
    engine.perform(speech(0.5, seed=0), QUIET)
    for seed in range(1, REMEMBERED_LINES + 4):
        engine.perform(speech(0.5, seed=seed), QUIET)
        engine.perform(speech(0.5, seed=0), QUIET)
    assert model.encoded == REMEMBERED_LINES + 4


def test_the_head_follows_the_loudness_of_the_moment(engine, monkeypatch):
    asked = []
    monkeypatch.setattr(
        engine_module, "liven", lambda curves, loudness, *_: asked.append(loudness) or performance_of(curves)
    )
    sound = speech()
    engine.perform(sound, QUIET)
    np.testing.assert_array_equal(asked[0], frame_rms(sound, 60, 30.0))


def test_adjustments_find_the_speech_where_the_time_offset_has_moved_it(engine, monkeypatch):
    asked = []
    monkeypatch.setattr(engine_module, "adjust", lambda curves, speaking, controls: asked.append(speaking) or curves)
    silence = np.zeros(SAMPLE_RATE, np.float32)
    sound = Speech(np.concatenate([silence, speech(1.0).samples, silence]))
    for milliseconds in (0, 100):
        engine.perform(sound, Controls({**QUIET, "time_offset": milliseconds}))
    assert np.ptp(asked[0]) == pytest.approx(1)
    np.testing.assert_allclose(asked[1][3:], asked[0][:-3], atol=1e-6)


def test_every_step_is_told(engine):
    told = []
    engine.perform(speech(), QUIET, progress=lambda share, text: told.append((round(share, 3), text)))
    assert told == [
        (0.0, "Loading the model"),
        (0.05, "Encoding"),
        (0.4, "Encoding"),
        (0.75, "Performing"),
        (0.9, "Shaping"),
        (1.0, "Done"),
    ]


NO_VOICE = "No voice was found in line.wav; choose another sound or channel if somebody speaks there"


@pytest.mark.parametrize(
    ("voice", "loud", "is_missed"),
    [(None, 1, False), (0.29, 1, True), (0.3, 1, False), (0.0, 1e-6, False)],  # silence was remarked on before
)
def test_a_sound_without_a_voice_is_remarked_on(engine, model, monkeypatch, voice, loud, is_missed):
    encode = model.encode
    monkeypatch.setattr(model, "encode", lambda *given: dataclasses.replace(encode(*given), voice=voice))
    sound = Speech(speech().samples * np.float32(loud), "/takes/line.wav", ("odd",))
    remarks = engine.remarks(sound)
    assert remarks[0] == "odd"
    assert (NO_VOICE in remarks) == is_missed


def test_a_sound_without_a_name_is_remarked_on_too(engine, model, monkeypatch):
    encode = model.encode
    monkeypatch.setattr(model, "encode", lambda *given: dataclasses.replace(encode(*given), voice=0.0))
    (remark,) = engine.remarks(Speech(speech().samples))
    assert remark.startswith("No voice was found in the sound; ")


def test_the_chosen_model_makes_the_remarks():
    asked = []
    engine = Engine(lambda *choice: (asked.append(choice), LoudnessModel())[1])
    engine.remarks(speech(), ModelChoice("actor", "cpu", "int8", windowed=True))
    assert asked == [("actor", "cpu", "int8", True)]


def test_what_the_model_lacks_is_refused_before_anything_is_encoded(engine, model):
    model.spec = ModelSpec(ARKIT, 30.0, ("neutral", "happy"), ("Ann",))
    for controls, words in (({"sad": 1}, "no emotion 'sad'"), ({"second_style": "Bob"}, "no style 'Bob'")):
        with pytest.raises(ControlError, match=words):
            engine.perform(speech(), Controls(controls))
    assert model.encoded == 0


class ToldModel(LoudnessModel):
    """A model whose brows rise where it is told phones."""

    hears_phones = True

    def __init__(self):
        super().__init__()
        self.told = 0

    def phone_posteriors(self, features):
        return np.zeros((features.frames, 41), np.float32)

    def tell(self, features, alignment):
        self.told += 1
        level = np.full(features.frames, len(alignment.phones) / 10, np.float32)
        return dataclasses.replace(features, arrays={"level": level})


def test_a_line_is_told_again_only_when_what_is_said_changes():
    model = ToldModel()
    engine, line = Engine(lambda *_: model), speech()
    one, two = (Alignment(tuple(PhoneSegment("AA", i, i + 1.0) for i in range(n))) for n in (1, 2))
    opened = [
        engine.perform(line, QUIET, alignment=said).face.channel("jawOpen").mean()
        for said in (one, dataclasses.replace(one), two, None, two)
    ]
    assert opened[0] == opened[1]
    assert opened[0] == pytest.approx(0.1, abs=0.02)
    assert opened[2] == opened[4] == pytest.approx(0.2, abs=0.02)
    assert opened[3] not in opened[:3]
    assert (model.encoded, model.told) == (1, 2)


def test_a_network_that_hears_no_phones_says_so():
    placed = PlacedModel("loudness", lambda _: LoudnessModel(), "cpu", "float32")
    assert not placed.hears_phones
    engine = Engine(lambda *_: placed)
    with pytest.raises(EmoTalkError, match="loudness cannot be told what is said"):
        engine.perform(speech(), QUIET, alignment=Alignment(()))
    with pytest.raises(EmoTalkError, match="loudness cannot be told what is said"):
        engine.phone_posteriors(speech())
    assert engine.perform(speech(), QUIET).face.frames == 60
