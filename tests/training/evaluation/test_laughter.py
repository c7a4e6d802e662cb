import numpy as np
import pytest
from emotalk.face import arkit
from emotalk.inference.checkpoints.safetensors_file import bundled_weights
from emotalk.inference.contract import SAMPLE_RATE
from emotalk.inference.models.compact import MODEL_ID, EmoTalkCompact
from emotalk.inference.registry import COMPACT_SPEC
from emotalk.training.evaluation.acting import Studio
from emotalk.training.evaluation.laughter import Shown, call_rate, jaw_calls, laughter_tables, onset_error, show
from emotalk.training.evaluation.speech_laughs import LEVELS, speech_laugh_tables
from emotalk.training.laughter.laughs import Laugh, laugh_of
from emotalk.training.sounds.nonverbal import LAUGHING, SoundClip
from emotalk.training.sounds.synthetic import SYNTHETIC_SOUNDS
from emotalk.training.voices import flite

FPS = 30.0
SMILES = arkit.indices(arkit.sides("mouthSmile"))


@pytest.fixture(scope="module")
def model():
    return EmoTalkCompact.load(bundled_weights(MODEL_ID), COMPACT_SPEC)


@pytest.fixture(scope="module")
def lines():
    return [flite.speak(f"kal16-{n}", "kal16", text) for n, text in enumerate(("Bob met my mother.", "Pam may come."))]


@pytest.fixture(scope="module")
def laugh():
    samples = SYNTHETIC_SOUNDS[LAUGHING](np.random.default_rng(3)).astype(np.float32)
    return SoundClip("laughing-1", LAUGHING, samples / np.abs(samples).max() * np.float32(0.3), True)


@pytest.fixture(scope="module")
def cough():
    samples = SYNTHETIC_SOUNDS["coughing"](np.random.default_rng(3)).astype(np.float32)
    return SoundClip("coughing-1", "coughing", samples / np.abs(samples).max() * np.float32(0.3), True)


def smiling(first, last, frames=150, height=0.6):
    values = np.zeros((frames, len(arkit.CHANNELS)), np.float32)
    values[first:last, SMILES] = height
    return Shown(np.zeros_like(values), values, FPS)


def column(table, name):
    return [record[name] for record in table.records()]


@pytest.mark.parametrize("late", [-5, 0, 7])
def test_an_onset_is_late_by_so_many_milliseconds(late):
    assert onset_error(smiling(60 + late, 90), 2.0) == pytest.approx(1000 * late / FPS)


def test_a_laugh_that_is_never_shown_has_no_onset():
    assert np.isnan(onset_error(smiling(0, 0), 2.0))
    assert np.isnan(onset_error(smiling(60, 90, height=0.15), 2.0))


def test_bouts_are_counted_where_the_smile_is_seen():
    shown = smiling(10, 20)
    shown.laughing[40:50, SMILES] = 0.3
    shown.laughing[60:70, SMILES] = 0.1
    assert shown.bouts() == 2


@pytest.mark.parametrize("rate", [3.0, 4.7, 6.5])
def test_the_calls_of_a_swinging_jaw(rate):
    time = np.arange(120) / FPS
    times = jaw_calls((0.2 + 0.1 * np.sin(2 * np.pi * rate * time)).astype(np.float32), FPS)
    assert call_rate(times) == pytest.approx(rate, abs=0.15)


def test_a_pause_between_bouts_is_no_slow_call():
    assert call_rate([0.0, 0.2, 0.4, 2.0, 2.2]) == pytest.approx(5)
    assert np.isnan(call_rate([0.0, 2.0]))


def test_what_a_laugh_adds_is_nothing_in_speech(model, lines):
    studio = Studio(model)
    shown = show(studio, lines[0].samples.astype(np.float32) / 32768)
    assert np.array_equal(shown.without, shown.laughing)


def test_all_tables_of_laughter(model, lines, laugh, cough):
    bouts, alarms, calls, smile, residual, detector, closures, errors = laughter_tables(
        model, {"speech": lines}, [laugh, cough], lines
    )
    (row,) = bouts.records()
    assert row["bouts"] == row["shown"] == len(laugh_of(laugh).bouts)
    assert -1000 <= row["onset ms"] < 300
    assert column(alarms, "set") == ["speech", "coughing"]
    assert column(alarms, "bouts") == [0, 0]
    assert column(alarms, "minutes")[0] == pytest.approx(sum(len(line.samples) for line in lines) / SAMPLE_RATE / 60)
    assert column(calls, "error")[0] < 1.5
    assert column(smile, "AU 12")[0] > 0.3 > column(smile, "AU 12")[1]
    assert column(residual, "%") == [0]
    assert dict(zip(column(detector, "sounds"), column(detector, "with a section"), strict=True)) == {
        "speech": 0,
        "coughing": 0,
        "laughing": 1,
    }
    assert len(closures.rows) == len(errors.rows) == 2 + len(LEVELS)
    assert column(closures, "against no laugh")[0] == 0
    assert column(errors, "laughter 0")[1] > column(errors, "laughter 1")[1]


def test_a_laugh_without_held_out_ones_is_used_itself(model, lines):
    rng = np.random.default_rng(0)
    noise = Laugh("x", rng.normal(0, 0.1, SAMPLE_RATE).astype(np.float32), ((0.0, 1.0),), ((0.5, 1.0),))
    closures, _ = speech_laugh_tables(Studio(model), lines[:1], [(False, noise)])
    assert column(closures, "lines") == [1] * (2 + len(LEVELS))
