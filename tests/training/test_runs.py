"""A run from its data to its weights, of the built-in model on a few lines, through the commands."""

import json
import re
import runpy
from pathlib import Path

import pytest
import torch
from emotalk.command_line.main import main
from emotalk.inference.checkpoints.safetensors_file import read_safetensors
from emotalk.inference.contract import EmoTalkError
from emotalk.inference.models.compact import EmoTalkCompact
from emotalk.inference.registry import COMPACT_SPEC
from emotalk.training import presets, runs
from emotalk.training.comparison import Comparison
from emotalk.training.metrics_log import read_metrics
from emotalk.training.preset import Material, Preset
from emotalk.training.recipe import Recipe
from emotalk.training.run_folder import open_run

SMALL = runpy.run_path(str(Path(__file__).with_name("small_task.py")))
RECIPE = """
seed = 3
steps = 30
batch_size = 8
learning_rate = 0.01
decay_from = 20
decay_to = 40
save_every = 10
validate_every = 10
[losses]
position = 1.0
motion = 0.5
"""


class ComparedSmallTask(SMALL["SmallTask"]):
    base_score = 9.0

    def base_figures(self):
        return {"score": self.base_score}


@pytest.fixture
def source(tmp_path, monkeypatch):
    """A preset "small" and its data."""
    recipe, folder = tmp_path / "small.toml", tmp_path / "takes"
    recipe.write_text(RECIPE)
    folder.mkdir()
    (folder / "take.csv").write_text("curves")

    def read(path, settings, debug):
        files = tuple(sorted(path.iterdir()))[: 1 if debug else None]
        return Material("takes", path, files, ("a take is too short",), lambda: ComparedSmallTask(settings))

    preset = Preset("a small network", recipe, Recipe, read, "small.safetensors", read_safetensors, "emotalk-compact")
    monkeypatch.setitem(presets.PRESETS, "small", preset)
    return folder


def start(source, tmp_path, *words):
    """``emotalk train`` on the source; the folder of its run."""
    runs_folder = str(tmp_path / "runs")
    words = ["--preset", "small", "--runs", runs_folder, "--cpu", "--threads", "1", *words]
    assert main(["train", str(source), *words]) == 0
    return open_run(max((tmp_path / "runs").glob("*/*/*")))


def test_a_run_has_weights_a_card_a_log_and_figures(source, tmp_path, capsys):
    run = start(source, tmp_path)
    arrays, metadata = read_safetensors(run.export / "small.safetensors")
    assert set(arrays) == {f"{layer}.{kind}" for layer in (0, 3, 4) for kind in ("weight", "bias")}
    assert metadata["trained_for"] == "30 of 30 steps, seed 3"
    assert "a take is too short" in run.log.read_text()
    figures = json.loads(run.evaluation.read_text())
    assert figures["steps"] == 30
    assert figures["base"] == {"score": 9.0}
    card = run.card.read_text()
    head = card.split("---\n")[1]
    assert 'base_model: "emotalk-compact"' in head
    assert 'license: "other"' in head
    assert "30 of 30 steps (finished)" in card
    assert "1 files" in card
    assert "WARNING" not in card + capsys.readouterr().out


def test_a_model_that_is_worse_than_its_base_is_exported_with_a_loud_warning(source, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(ComparedSmallTask, "base_score", 1e-3)
    run = start(source, tmp_path)
    warning = r"WARNING: this model is worse than its base .*\(score 0\.\d+ against 0\.0010\)"
    assert re.search(warning, capsys.readouterr().out)
    assert re.search(warning, run.card.read_text())
    assert main(["export", str(run.path)]) == 0
    printed = capsys.readouterr()
    assert re.search(warning, printed.err)
    assert re.search(r"score +0\.\d{4} +0\.0010", printed.out)
    assert (run.export / "small.safetensors").exists()


def test_verbs_need_the_run_folder_alone(source, tmp_path, capsys):
    run = start(source, tmp_path, "--max-minutes", "0")
    assert "1 of 30 steps: out of time" in run.log.read_text()
    assert main(["resume", str(run.path), "--cpu"]) == 0
    whole = start(source, tmp_path)
    assert whole.path != run.path
    weights = [read_safetensors(each.export / "small.safetensors")[0] for each in (run, whole)]
    for name, array in weights[0].items():
        assert (array == weights[1][name]).all(), name
    before = json.loads(run.evaluation.read_text())
    run.evaluation.unlink()
    capsys.readouterr()
    assert main(["evaluate", str(run.path)]) == 0
    assert "score" in capsys.readouterr().out
    assert json.loads(run.evaluation.read_text())["figures"] == pytest.approx(before["figures"])
    (run.export / "small.safetensors").unlink()
    assert main(["export", str(run.path)]) == 0
    again = read_safetensors(run.export / "small.safetensors")[0]
    assert all((array == again[name]).all() for name, array in weights[0].items())


def test_resume_takes_the_newest_run_of_the_data(source, tmp_path):
    run = start(source, tmp_path, "--max-minutes", "0")
    assert start(source, tmp_path, "--resume").path == run.path
    assert read_metrics(run.metrics)[-1]["step"] == 30


def test_settings_may_be_changed_but_not_those_of_a_run_that_has_begun(source, tmp_path, capsys):
    run = start(source, tmp_path, "--set", "steps=20", "--set", "losses.motion=0", "--set", "precision=float32")
    recipe = json.loads(run.config.read_text())["recipe"]
    assert recipe["steps"] == 20
    assert recipe["losses"] == {"position": 1.0, "motion": 0.0}
    assert main(["resume", str(run.path), "--cpu", "--set", "steps=30"]) == 0
    assert json.loads(run.config.read_text())["recipe"]["steps"] == 30
    assert read_metrics(run.metrics)[-1]["step"] == 30
    assert main(["resume", str(run.path), "--cpu", "--set", "learning_rate=1"]) == 1
    assert "A run goes on with its own settings; only keep, log_every" in capsys.readouterr().err
    assert json.loads(run.config.read_text())["recipe"]["learning_rate"] == 0.01


def test_a_file_of_settings_replaces_those_of_the_preset_and_set_replaces_both(source, tmp_path):
    (tmp_path / "mine.toml").write_text("seed = 7\nsteps = 25\n[losses]\nmotion = 2")
    run = start(source, tmp_path, "--recipe", str(tmp_path / "mine.toml"), "--set", "steps=20")
    recipe = json.loads(run.config.read_text())["recipe"]
    assert (recipe["seed"], recipe["steps"], recipe["batch_size"]) == (7, 20, 8)
    assert recipe["losses"] == {"position": 1.0, "motion": 2.0}


def test_a_setting_that_is_none_is_named(source, tmp_path, capsys):
    for words, sentence in (
        (["--set", "step=20"], "unknown settings: step"),
        (["--set", "steps"], "--set steps has no value"),
        (["--preset", "tiny"], "There is no preset 'tiny'; choose one of builtin, "),
    ):
        assert main(["train", str(source), "--preset", "small", "--runs", str(tmp_path / "runs"), *words]) == 1
        assert sentence in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def test_a_debug_run_is_short_and_says_so(source, tmp_path):
    (source / "second.csv").write_text("curves")
    run = start(source, tmp_path, "--debug", "--set", "steps=1000")
    assert read_metrics(run.metrics)[-1]["step"] == 20
    assert len(json.loads(run.data.read_text())) == 1
    assert "not for use" in run.card.read_text()


def test_data_that_changed_ends_a_resumption(source, tmp_path, capsys):
    run = start(source, tmp_path, "--max-minutes", "0")
    (source / "take.csv").write_text("other curves")
    assert main(["resume", str(run.path), "--cpu"]) == 1
    assert "take.csv is not what this run began with" in capsys.readouterr().err


def test_a_run_that_trains_already_is_left_alone(source, tmp_path):
    from emotalk.face.claim import claimed

    run = start(source, tmp_path, "--max-minutes", "0")
    with claimed(run.lock, "it"), pytest.raises(EmoTalkError, match="is changing the run"):
        runs.resume(run, cpu=True)


def test_a_checkpoint_copied_from_another_run_is_refused(source, tmp_path, capsys):
    first, second = (start(source, tmp_path, "--max-minutes", "0") for _ in range(2))
    newest = next(first.checkpoints.glob("step_*.pt"))
    (second.checkpoints / "step_0000009.pt").write_bytes(newest.read_bytes())
    assert main(["resume", str(second.path), "--cpu"]) == 1
    assert (
        "step_0000009.pt is the checkpoint of another run; only a run's own can be resumed" in capsys.readouterr().err
    )


def test_what_a_checkpoint_of_somebody_else_would_run_is_not_run(source, tmp_path):
    run = start(source, tmp_path, "--max-minutes", "0")

    class Evil:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "run",))

    torch.save({"run": Evil()}, run.checkpoints / "step_0000009.pt")
    runs.resume(run, cpu=True)
    assert not (tmp_path / "run").exists()
    assert read_metrics(run.metrics)[-1]["step"] == 30


@pytest.mark.parametrize(
    ("ours", "base", "worse"),
    [
        ({"score": 2.0}, {"score": 1.0}, True),
        ({"score": 1.0}, {"score": 1.0}, False),
        ({"score": 0.5}, {"score": 1.0}, False),
        ({"score": float("nan")}, {"score": 1.0}, True),
        ({"score": 2.0}, {}, False),
        ({}, {"score": 1.0}, False),
    ],
)
def test_worse_is_a_higher_score_than_the_base(ours, base, worse):
    compared = Comparison(ours, base)
    assert compared.is_worse == worse
    assert ("WARNING" in compared.text()) == worse


def test_the_built_in_model_is_trained_by_the_same_command(tmp_path, built_in_cache):
    sizes = [
        "content_width=16",
        "content_dilations=[1]",
        "emotion_width=8",
        "emotion_dilations=[1]",
        "decoder_width=16",
    ]
    words = [word for size in sizes for word in ("--set", f"network.{size}")]
    words += ["--preset", "builtin", "--debug", "--runs", str(tmp_path / "runs"), "--cpu", "--threads", "1"]
    assert main(["train", str(built_in_cache), *words]) == 0
    run = open_run(next((tmp_path / "runs").glob("*/*/*")))
    model = EmoTalkCompact.load(run.export / "emotalk-compact.safetensors", COMPACT_SPEC)
    assert model.spec.fps == COMPACT_SPEC.fps
    assert "score" in json.loads(run.evaluation.read_text())["figures"]
    assert 'license: "gpl-3.0-or-later"' in run.card.read_text()


@pytest.fixture
def built_in_cache(tmp_path):
    import numpy as np
    from emotalk.face.phones import PhoneSegment
    from emotalk.training.compact.corpus import write_corpus
    from emotalk.training.compact.spoken_line import SpokenLine

    def line(number, speaker):
        phones = tuple(PhoneSegment(name, 0.2 * i, 0.2 * i + 0.2) for i, name in enumerate(["SIL", "M", "AA", "SIL"]))
        samples = np.random.default_rng(number).integers(-9000, 9000, 12_800).astype(np.int16)
        return SpokenLine(f"line-{number}", speaker, samples, phones)

    cache = tmp_path / "cache"
    write_corpus(cache / "flite-slt.npz", [line(i, "flite-slt") for i in range(4)])
    write_corpus(cache / "flite-kal16.npz", [line(i + 4, "flite-kal16") for i in range(3)])
    return cache
