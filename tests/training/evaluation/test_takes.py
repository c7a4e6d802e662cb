"""Baselines and the table of a model against captures."""

import csv

import numpy as np
import pytest
import soundfile
from emotalk.face.basis import ARKIT, FLAME
from emotalk.face.curves import FaceCurves
from emotalk.inference.contract import SAMPLE_RATE, EmoTalkError, Features, ModelSpec, Speech
from emotalk.inference.sound.rms import frame_rms
from emotalk.training.captures.take import Labels, Take
from emotalk.training.evaluation import baselines as baselines_module
from emotalk.training.evaluation.baselines import RidgeRegression, baselines, jaw_from_loudness, mean_face
from emotalk.training.evaluation.mesh import sample_head_mesh
from emotalk.training.evaluation.takes import System, take_tables

JAW = ARKIT.index["jawOpen"]


def burst_take(name, seed, seconds=8.0):
    """Bursts of noise; the jaw opens by the loudness, the lips round where the noise is dull."""
    rng = np.random.default_rng(seed)
    count = int(seconds * SAMPLE_RATE)
    loud = np.repeat(rng.choice((0.0, 0.5, 1.0), int(seconds * 4) + 1), SAMPLE_RATE // 4)[:count]
    dull = np.repeat(rng.integers(0, 2, int(seconds * 4) + 1), SAMPLE_RATE // 4)[:count]
    noise = rng.normal(0, 0.1, count)
    smooth = np.convolve(noise, np.ones(16) / 4, "same")
    speech = Speech((loud * np.where(dull, smooth, noise)).astype(np.float32), name)
    frames = int(seconds * 30)
    values = np.zeros((frames, 52), np.float32)
    at = (np.arange(frames) / 30 * SAMPLE_RATE).astype(int)
    values[:, JAW] = 4 * frame_rms(speech, frames, 30.0)
    values[:, ARKIT.index["mouthPucker"]] = (dull * (loud > 0))[at]
    return Take(name, speech, FaceCurves(np.clip(values, 0, 1), ARKIT, 30.0), Labels())


@pytest.fixture(scope="module")
def takes():
    return [burst_take(f"take_{seed}", seed) for seed in range(3)]


def test_the_mean_face_is_the_mean_of_the_other_takes(takes):
    values = mean_face(takes[:2], 5)
    assert values.shape == (5, 52)
    np.testing.assert_allclose(
        values[3], np.concatenate([take.curves.values for take in takes[:2]]).mean(axis=0), atol=1e-6
    )


def test_loudness_moves_the_jaw_alone_and_a_gain_does_not_matter(takes):
    held_out = takes[2]
    values = jaw_from_loudness(takes[:2], held_out.speech, held_out.curves.frames)
    assert np.corrcoef(values[:, JAW], held_out.curves.values[:, JAW])[0, 1] > 0.98
    assert np.ptp(np.delete(values, JAW, axis=1), axis=0).max() == 0
    louder = Speech(3 * held_out.speech.samples)
    np.testing.assert_allclose(jaw_from_loudness(takes[:2], louder, held_out.curves.frames), values, atol=1e-3)


def test_ridge_regression_hears_what_loudness_cannot(takes):
    held_out, pucker = takes[2], ARKIT.index["mouthPucker"]
    values = RidgeRegression.fit(takes[:2]).predict(held_out.speech, held_out.curves.frames)
    assert np.corrcoef(values[:, pucker], held_out.curves.values[:, pucker])[0, 1] > 0.8


def test_ridge_regression_is_the_solution_of_its_equations(takes):
    """At the solution, the gradient of squared error plus ridge is 0."""
    ridge = RidgeRegression.fit(takes[:1])
    take = takes[0]
    errors = take.curves.values - ridge.predict(take.speech, take.curves.frames)
    bands = (baselines_module._bands(take.speech, take.curves.frames, 30.0) - ridge.mean) / ridge.spread
    step = bands.T @ errors - baselines_module._RIDGE * len(bands) * ridge.weight
    assert np.abs(step).max() < 1e-4 * np.abs(bands.T @ take.curves.values).max()


def test_baselines_stay_within_limits(takes):
    for curves in baselines(takes[:2], takes[2]).values():
        assert curves.values.min() >= 0
        assert curves.values.max() <= 1
        assert curves.frames == takes[2].curves.frames


class Copy:
    """A model at 50 frames per second whose jaw is the loudness, twice as wide as captured, and which never rests."""

    model_id = "copy"
    spec = ModelSpec(ARKIT, 50.0)

    def encode(self, speech, progress=None):
        frames = int(np.ceil(speech.seconds * 50))
        return Features(self.model_id, frames, {"loudness": frame_rms(speech, frames, 50.0)})

    def decode(self, features, controls):
        values = np.zeros((features.frames, 52), np.float32)
        values[:, JAW] = 8 * features.arrays["loudness"] + 0.01 * (np.arange(features.frames) % 2)
        return FaceCurves(values, ARKIT, 50.0)


@pytest.fixture
def folder(takes, tmp_path):
    for take in takes:
        soundfile.write(tmp_path / f"{take.name}.wav", take.speech.samples, SAMPLE_RATE)
        with (tmp_path / f"{take.name}.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["frame", *ARKIT.channels])
            writer.writerows([i, *row] for i, row in enumerate(take.curves.values))
    return tmp_path


def test_every_system_is_compared_take_by_take(folder):
    compared, still = take_tables(System("copy", Copy(), frozenset({"take_0"})), folder)
    records = compared.records()
    by_name = {(record["take"], record["system"]): record for record in records}
    systems = {"mean face", "jaw from loudness", "ridge on log-mel", "emotalk-compact", "copy"}
    assert set(by_name) == {(take, name) for take in ("take_0", "take_1", "take_2", "mean") for name in systems}
    ours = by_name["take_1", "copy"]
    assert ours["jaw r"] > 0.95
    assert ours["velocity ratio"] > 0.5
    assert by_name["take_0", "copy"]["trained on it"]
    assert not by_name["take_0", "ridge on log-mel"]["trained on it"]
    assert by_name["mean", "copy"]["error"] == pytest.approx(
        (by_name["take_1", "copy"]["error"] + by_name["take_2", "copy"]["error"]) / 2
    )
    assert by_name["mean", "mean face"]["jaw r"] == 0
    shares = {record["sound"]: record["%"] for record in still.records()}
    assert shares["silence"] > 2


def test_the_means_of_a_model_that_saw_every_take_are_over_all(folder):
    compared, _ = take_tables(System("copy", Copy(), frozenset({"take_0", "take_1", "take_2"})), folder)
    (mean,) = [row for row in compared.records() if (row["take"], row["system"]) == ("mean", "copy")]
    assert mean["trained on it"]


def test_a_take_with_a_fault_is_left_out(folder):
    (folder / "take_1.csv").write_text((folder / "take_1.csv").read_text().replace("0.0", "nan", 1))
    compared, *_ = take_tables(System("copy", Copy()), folder)
    assert {record["take"] for record in compared.records()} == {"take_0", "take_2", "mean"}


def test_a_folder_without_takes_is_refused(tmp_path):
    with pytest.raises(EmoTalkError, match="holds no take"):
        take_tables(System("copy", Copy()), tmp_path)


def test_means_leave_out_what_any_model_was_trained_on(folder):
    beside = System("other", Copy(), frozenset({"take_1"}))
    compared, *_ = take_tables(System("copy", Copy(), frozenset({"take_0"})), folder, [beside])
    records = {(row["take"], row["system"]): row for row in compared.records()}
    assert records["take_1", "other"]["trained on it"]
    assert not records["take_1", "copy"]["trained on it"]
    for name in ("copy", "other", "ridge on log-mel"):
        assert records["mean", name]["error"] == pytest.approx(records["take_2", name]["error"])


def test_a_style_of_the_built_in_model_stands_beside_it(folder):
    """It has the built-in model's id of a network, and another name."""
    style = Copy()
    style.model_id = "emotalk-compact"
    compared, *_ = take_tables(System("Ann", style), folder)
    jaws = {row["system"]: row["jaw r"] for row in compared.records() if row["take"] == "mean"}
    assert jaws["Ann"] > 0.95
    assert jaws["emotalk-compact"] != jaws["Ann"]


def test_baselines_of_a_single_take_are_fitted_on_another_folder(folder, tmp_path_factory):
    alone = tmp_path_factory.mktemp("alone")
    for ending in ("csv", "wav"):
        (folder / f"take_2.{ending}").rename(alone / f"take_2.{ending}")
    *tables, last = take_tables(System("copy", Copy()), alone)
    assert last.rows == (("they need other takes: give --fitted-on FOLDER",),)
    assert {row["system"] for row in tables[0].records()} == {"emotalk-compact", "copy"}
    compared, *_ = take_tables(System("copy", Copy()), alone, fitted_on=folder)
    assert "ridge on log-mel" in {row["system"] for row in compared.records()}


def test_the_same_curves_are_compared_on_a_mesh(folder):
    *_, table = take_tables(System("copy", Copy()), folder, meshes=[sample_head_mesh()])
    assert table.title.startswith("On the built-in head, in mm: ")
    means = {row["system"]: row for row in table.records() if row["take"] == "mean"}
    assert 0 < means["ridge on log-mel"]["LVE"] < means["mean face"]["LVE"]


def test_models_of_different_bases_are_not_compared(folder):
    other = Copy()
    other.spec = ModelSpec(FLAME(50), 50.0)
    with pytest.raises(EmoTalkError, match="other has the basis"):
        take_tables(System("copy", Copy()), folder, [System("other", other)])
