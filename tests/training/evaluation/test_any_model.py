"""The evaluation of networks that differ from the built-in one in their architecture, rate and controls."""

import json
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from emotalk.face import arkit
from emotalk.face.basis import ARKIT, Basis
from emotalk.face.curves import FaceCurves
from emotalk.face.emotions import EMOTIONS, PROTOTYPES
from emotalk.face.phones import PhoneSegment
from emotalk.inference.checkpoints.importing import convert_checkpoint
from emotalk.inference.contract import SAMPLE_RATE, EmoTalkError, Features, ModelSpec, Speech
from emotalk.inference.sound.rms import frame_rms
from emotalk.training import evaluate
from emotalk.training.compact.recipe import read_recipe
from emotalk.training.compact.spoken_line import SpokenLine
from emotalk.training.evaluation.captures import capture_tables
from emotalk.training.evaluation.cost import cost_tables
from emotalk.training.evaluation.emotions import emotion_tables
from emotalk.training.evaluation.laughter import laughter_tables
from emotalk.training.evaluation.life import life_tables
from emotalk.training.evaluation.lips import hard_tables, lip_tables
from emotalk.training.evaluation.prediction import arkit_values
from emotalk.training.evaluation.report import write_json
from emotalk.training.evaluation.stillness import stillness_tables
from emotalk.training.evaluation.styles import style_tables


class JawModel:
    """A model at 25 frames per second whose jaw follows the loudness; no control changes anything."""

    model_id = "jaw"
    spec = ModelSpec(ARKIT, 25.0)

    def encode(self, speech, progress=None):
        frames = int(np.ceil(len(speech.samples) / SAMPLE_RATE * self.spec.fps))
        return Features(self.model_id, frames, {"loudness": frame_rms(speech, frames, self.spec.fps)})

    def decode(self, features, controls):
        values = np.zeros((features.frames, len(arkit.CHANNELS)), np.float32)
        values[:, arkit.INDEX["jawOpen"]] = np.clip(2 * features.arrays["loudness"], 0, 1)
        return FaceCurves(values, ARKIT, self.spec.fps)


@pytest.fixture(scope="module")
def lines():
    """Two lines of syllables in which the closures are quiet."""
    rng = np.random.default_rng(0)
    made = []
    for number in range(2):
        phones, parts, now = [], [], 0.0
        for name, seconds in (("SIL", 0.4), *(("M", 0.16), ("AA", 0.24)) * 5, ("SIL", 0.4)):
            time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
            vowel = sum(np.sin(2 * np.pi * (120 + 20 * number) * k * time) / k for k in range(1, 20))
            parts.append({"SIL": 1e-4, "M": 0.01, "AA": 0.3}[name] * (vowel + 0.01 * rng.normal(0, 1, len(time))))
            phones.append(PhoneSegment(name, now, now + seconds))
            now += seconds
        samples = (12_000 * np.concatenate(parts)).astype(np.int16)
        made.append(SpokenLine(f"line-{number}", "voice", samples, tuple(phones)))
    return made


@pytest.fixture(scope="module")
def model():
    return JawModel()


def test_lip_sync_is_measured_at_the_models_own_rate(model, lines):
    (table,) = lip_tables(model, {"set": lines})
    (record,) = table.records()
    assert record["p b m F1"] == 1
    assert abs(record["lag ms"]) < 40

    class TooFast(JawModel):
        spec = ModelSpec(ARKIT, 30.0)

        def decode(self, features, controls):
            return replace(super().decode(features, controls), fps=30.0)

        def encode(self, speech, progress=None):
            return JawModel().encode(speech)

    (wrong,) = lip_tables(TooFast(), {"set": lines})[0].records()
    assert wrong["r0"] < record["r0"] - 0.2


def test_every_table_is_made_at_another_rate(model, lines, tmp_path):
    tables = {
        "hard": hard_tables(model, {"set": lines}, 1),
        "stillness": stillness_tables(model, lines, ()),
        "liveliness": life_tables(lines, model.spec.fps),
        "cost": cost_tables(model, write_bytes(tmp_path / "weights"), lines),
    }
    assert tables["stillness"][0].records()[0]["mouth %"] < 1
    assert all(not record["must"] for record in tables["cost"][0].records())
    write_json(tmp_path / "figures.json", tables)
    assert set(json.loads((tmp_path / "figures.json").read_text())) == set(tables)


def write_bytes(path):
    path.write_bytes(bytes(1000))
    return path


def test_a_capture_is_compared_in_time_at_any_model_rate(model, lines, tmp_path):
    samples = lines[0].samples
    speech = Speech(samples.astype(np.float32) / 32768)
    jaw = frame_rms(speech, int(len(samples) / SAMPLE_RATE * 30), 30.0)
    soundfile.write(tmp_path / "take_1.flac", samples, SAMPLE_RATE)
    rows = [f"{value:.5f},0" for value in jaw]
    (tmp_path / "take_1.csv").write_text("\n".join(["mouth_stretch_c,mouth_oh_c", *rows]))
    (record,) = capture_tables(model, tmp_path)[0].records()
    assert record["jaw r0"] > 0.9
    assert abs(record["lag ms"]) <= 34


def test_what_a_model_does_not_have_is_left_out_with_a_sentence(model, lines):
    tables = [*emotion_tables(model, lines[:1]), *style_tables(model, lines[:1])]
    tables += laughter_tables(model, {"set": lines}, ())
    assert [table.text().splitlines()[-1] for table in tables] == [
        "This model has none of the eight emotions with a prototype.",
        "This model has fewer than two personal styles.",
        "This model does not detect laughter.",
    ]


def test_emotions_and_styles_are_those_of_the_model(lines):
    class Actor(JawModel):
        spec = ModelSpec(ARKIT, 25.0, ("joy of life", "sad"), ("Loud", "Soft"), frozenset(("personal_style",)))

        def decode(self, features, controls):
            gain = (1.0, 0.5)[controls.style("personal_style", self.spec.styles)]
            curves = super().decode(features, controls)
            sad = controls.track("sad", features.frames)[:, None] * PROTOTYPES[EMOTIONS.index("sad")]
            return curves.with_values(gain * curves.values + sad)

    total, emotions = emotion_tables(Actor(), lines[:1])
    assert [record["emotion"] for record in emotions.records()] == ["sad"]
    assert total.records()[0]["%"] == 100
    nearest, _ = style_tables(Actor(), lines[:1])
    assert {nearest.records()[0]["one"], nearest.records()[0]["other"]} == {"Loud", "Soft"}
    assert nearest.records()[0]["mm"] > 1


def test_channels_in_another_order_are_sorted_and_missing_ones_are_named():
    values = np.arange(2 * len(arkit.CHANNELS), dtype=np.float32).reshape(2, -1)
    backwards = FaceCurves(values[:, ::-1], basis_of(arkit.CHANNELS[::-1]), 30.0)
    np.testing.assert_array_equal(arkit_values(backwards), values)
    with pytest.raises(EmoTalkError, match=arkit.CHANNELS[-1]):
        arkit_values(FaceCurves(values[:, :-1], basis_of(arkit.CHANNELS[:-1]), 30.0))


def basis_of(channels):
    return Basis("test", channels, ((0, 1),) * len(channels), ("",) * len(channels))


def test_a_model_that_never_moves_has_no_figures_but_no_error(lines):
    class Still(JawModel):
        def decode(self, features, controls):
            return super().decode(features, controls).with_values(np.zeros((features.frames, 52)))

    (table,) = stillness_tables(Still(), lines, ())
    assert table.records()[0]["mouth %"] is None


@pytest.fixture
def small_sets(monkeypatch, lines):
    """The command's development sets are one line, so that it needs no synthesisers."""
    voice = read_recipe().held_out_voices[-1]
    monkeypatch.setattr(evaluate, "read_sets", lambda recipe, folders, count: {voice: lines[:count]})
    monkeypatch.setattr(evaluate, "read_foreign_sets", lambda count: {})
    return voice


def test_the_command_evaluates_an_installed_emotalk_network(
    small_sets, small_checkpoint, user_weights, tmp_path, capsys
):
    user_weights.mkdir()
    convert_checkpoint(small_checkpoint, user_weights / "studio.safetensors")
    figures = tmp_path / "figures.json"
    words = ["--model", "studio", "--device", "cpu", "--only", "lips", "--lines", "1", "--json", str(figures)]
    evaluate.main(words)
    out = capsys.readouterr().out
    assert out.startswith("studio, studio.safetensors, 30 frames per second\n")
    (rows,) = json.loads(figures.read_text())["lips"].values()
    assert [(row["set"], row["lines"]) for row in rows] == [(small_sets, 1)]
    assert np.isfinite(rows[0]["composite"])


def test_the_command_evaluates_weights_of_the_built_in_architecture(small_sets, capsys):
    from emotalk.inference.checkpoints.safetensors_file import bundled_weights

    evaluate.main(["--weights", str(bundled_weights("emotalk-compact")), "--only", "lips", "--lines", "1"])
    named = capsys.readouterr().out
    evaluate.main(["--only", "lips", "--lines", "1"])
    assert capsys.readouterr().out == named


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--model", "missing"], "invalid choice"),
        (["--model", "emotalk-compact", "--weights", "x"], "not allowed with"),
        (["--lines", "0"], "1 or more"),
    ],
)
def test_words_that_make_no_sense_are_refused(words, sentence, capsys):
    with pytest.raises(SystemExit):
        evaluate.main(words)
    assert sentence in capsys.readouterr().err
