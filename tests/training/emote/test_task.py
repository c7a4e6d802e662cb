"""FLINT and EMOTE on the takes of a synthetic actor: through the tasks, and through the commands."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from emotalk.command_line.main import main
from emotalk.face.basis import ARKIT, FLAME
from emotalk.face.controls import Controls
from emotalk.face.curves import FaceCurves
from emotalk.face.emotions import EMOTIONS
from emotalk.inference.checkpoints.safetensors_file import read_metadata, read_safetensors
from emotalk.inference.contract import EmoTalkError
from emotalk.inference.models.flint import Flint
from emotalk.training.emote.batches import Batch, ExchangedBatch
from emotalk.training.emote.flame_vertices import FlameVertices
from emotalk.training.emote.flint_task import FlintTask
from emotalk.training.emote.preset import load_emote
from emotalk.training.emote.recipe import EMOTE_RECIPE, FLINT_RECIPE, EmoteRecipe, FlintRecipe
from emotalk.training.emote.task import EmoteTask, _visible_axes
from emotalk.training.recipe import overridden, read_recipe, read_settings
from emotalk.training.run_folder import RunFolder, open_run
from emotalk.training.trainer import new_accelerator, train

TINY_FLINT = {"network": {"width": 16, "heads": 4, "feed_forward": 24}, "batch_size": 4, "vertex_step": 50}
TINY_EMOTE = {
    "batch_size": 4,
    "vertex_step": 50,
    "window": 32,
    "exchange_from": 3,
    "classifier_width": 16,
    "convolution_steps": 2,
    "network": {"features": 16, "feed_forward": 24},
    "encoder": {"hidden_size": 16, "intermediate_size": 24, "conv_dim": 8},
}


@pytest.fixture(scope="module")
def takes(acting):
    emotions = ("happy", "sad", "anger")
    trained = [acting.act(number, emotion, seconds=3.0) for number, emotion in enumerate(emotions)]
    return trained, [acting.act(7, "happy", seconds=3.0, split="validation")]


@pytest.fixture(scope="module")
def prior(flame, takes, tmp_path_factory):
    """Weights of a tiny FLINT that has hardly learnt."""
    settings = read_recipe(FlintRecipe, FLINT_RECIPE, TINY_FLINT)
    task = FlintTask(settings, flame, *takes)
    path = tmp_path_factory.mktemp("prior") / "flint.safetensors"
    task.export(task.network.eval(), path, {})
    return path


@pytest.fixture
def new_task(flame, takes, prior):
    def make(**changes):
        settings = read_recipe(EmoteRecipe, EMOTE_RECIPE, overridden(TINY_EMOTE, {"prior": str(prior), **changes}))
        return EmoteTask(settings, flame, *takes)

    return make


def test_recipes_of_the_published_sizes_are_complete():
    for kind, recipe in ((FlintRecipe, FLINT_RECIPE), (EmoteRecipe, EMOTE_RECIPE)):
        published = read_settings(recipe.with_name(f"{recipe.stem}-published.toml"))
        small, large = read_recipe(kind, recipe), read_recipe(kind, recipe, published)
        assert set(small.losses) == set(large.losses)
        assert small.decay_from < small.steps < small.decay_to
    assert (large.network.features, large.network.feed_forward, large.window, large.batch_size) == (128, 256, 64, 4)
    assert large.losses["lips"] / large.losses["vertices"] == pytest.approx(25)


def test_flint_learns_the_motion_and_its_file_is_inferences(flame, takes, tmp_path):
    changes = {**TINY_FLINT, "steps": 60, "batch_size": 8, "learning_rate": 5e-3, "validate_every": 0}
    settings = read_recipe(FlintRecipe, FLINT_RECIPE, changes)
    task = FlintTask(settings, flame, *takes)
    before = task.validate(task.network.eval())["score"]
    result = train(task, settings, RunFolder(tmp_path), "id", new_accelerator(settings, cpu=True))
    assert result.figures["score"] < 0.7 * before
    task.export(result.network, tmp_path / "flint.safetensors", {"run": "id"})
    flint = Flint.load(tmp_path / "flint.safetensors")
    motion = takes[1][0].curves.values[:72]
    with torch.no_grad():
        mean, _ = result.network.motion_encoder(torch.from_numpy(motion)[None])
        moved = result.network.motion_decoder(mean)[0]
    np.testing.assert_allclose(flint.decode(flint.encode(motion)), moved, atol=5e-5)
    metadata = read_metadata(tmp_path / "flint.safetensors")
    assert json.loads(metadata["channels"]) == list(FLAME(50).channels)
    assert len(metadata["flame_template_sha256"]) == 64


def test_flint_learns_the_gap_between_the_lips(flame, takes):
    task = FlintTask(read_recipe(FlintRecipe, FLINT_RECIPE, TINY_FLINT), flame, *takes)
    batch = task.draw(0, np.random.default_rng(0))
    terms = task.losses(batch)
    assert set(terms) == set(task._recipe.losses)
    terms["gaps"].backward()
    assert terms["gaps"] > 0
    assert task.network.motion_decoder.both("cross_smooth_layer")[1].grad.abs().sum() > 0


def test_the_stages_learn_what_the_sheet_says(new_task):
    task = new_task()
    task.network.train()
    first, second = (task.draw(step, np.random.default_rng(0)) for step in (2, 3))
    assert type(first) is Batch
    assert type(second) is ExchangedBatch
    terms = task.losses(first)
    assert set(terms) == set(task._recipe.losses)
    assert all(terms[name] == 0 for name in ("lips", "emotion", "lips_exchanged", "emotion_exchanged"))
    with torch.no_grad():
        task.network.emote.both("decoder")[0].normal_()
    terms = task.losses(second)
    assert terms["classes"] == terms["levels"] == 0
    assert all(terms[name] > 0 for name in ("vertices", "lips", "emotion", "lips_exchanged", "emotion_exchanged"))
    sum(terms.values()).backward()
    moved = {name for name, parameter in task.network.named_parameters() if parameter.grad is not None}
    assert not any(name.startswith(("emote.audio_encoder.", "emote.motion_decoder.", "classifier.")) for name in moved)
    layers = ("sequence_encoder", "style", "transformer.norms.0", "decoder", "squasher")
    assert {f"emote.{layer}.weight" for layer in layers} <= moved


def test_the_exchanged_half_is_judged_by_its_own_sound_and_the_other_emotion(new_task, monkeypatch):
    task = new_task()
    seen = []

    class Judge:
        def distance(self, shown, wanted, valid):
            seen.append((wanted.motion, valid))
            return shown.motion.square().mean(dim=(1, 2))

    monkeypatch.setattr(task, "_reading", Judge())
    monkeypatch.setattr(task, "_feeling", Judge())
    batch = task.draw(5, np.random.default_rng(1))
    task.losses(batch)
    own, other = (batch.motion, batch.valid), (batch.other_motion, batch.other_valid)
    for (motion, valid), expected in zip(seen, (own, own, own, other), strict=True):
        assert torch.equal(motion, expected[0])
        assert torch.equal(valid, expected[1])
    assert not torch.equal(batch.motion, batch.other_motion)


def test_the_stand_in_learns_to_hear_before_anything_else(new_task):
    random, learnt = (new_task(convolution_steps=steps)._convolutions.weights for steps in (0, 2))
    assert all(not torch.equal(random[name], learnt[name]) for name in random)


def test_motion_counts_by_what_it_moves_for_the_classifier(flame):
    twins = flame.expressions[..., :10].copy()
    twins[..., 1] = twins[..., 5]
    head = FlameVertices(replace(flame, expressions=twins), 10)
    axes = _visible_axes(head)
    rng = np.random.default_rng(0)
    motion = np.concatenate([rng.normal(size=10), np.zeros(3)]).astype(np.float32)
    with torch.no_grad():
        moved = 1e3 * (head(torch.from_numpy(motion)) - head(torch.zeros(13))).numpy()
    assert np.linalg.norm(motion @ axes) == pytest.approx(np.sqrt(np.square(moved).mean()), rel=1e-3)
    cancelled = np.zeros(13, np.float32)
    cancelled[[1, 5]] = 1, -1
    assert np.linalg.norm(cancelled @ axes) < 1e-3 * np.linalg.norm(np.abs(cancelled) @ axes)


def test_vertices_are_not_asked_of_the_exchanged_half(new_task):
    task = new_task(dropout=0.0)
    task.network.eval()
    with torch.no_grad():
        task.network.emote.both("decoder")[0].normal_()
    batch = task.draw(5, np.random.default_rng(1))
    plain = Batch(batch.features, batch.motion, batch.valid, batch.condition)
    torch.testing.assert_close(task.losses(batch)["vertices"], task.losses(plain)["vertices"])


def test_what_is_exported_is_what_was_validated(new_task, takes, tmp_path):
    task = new_task()
    with torch.no_grad():
        task.network.emote.both("decoder")[0].normal_()
    network = task.network.eval()
    figures = task.validate(network)
    assert set(figures) == {"score", "vertices_mm", "emotion_shown", "closures_moved"}
    path = tmp_path / "Ada.safetensors"
    task.export(network, path, {})
    model = load_emote(path)
    take = takes[1][0]
    performed = model.decode(model.encode(take.speech), Controls({"happy": 1, "intensity": 1.5}))
    assert performed.basis is FLAME(50)
    head = task._head
    frames = 72
    captured, own = (head(torch.from_numpy(values[:frames])) for values in (take.curves.values, performed.values))
    step = task._recipe.vertex_step
    error = 1e3 * (captured - own)[:, ::step].square().mean().sqrt()
    assert figures["vertices_mm"] == pytest.approx(float(error), rel=1e-3)


def test_data_and_files_that_do_not_fit_are_named(new_task, flame, takes, tmp_path):
    with pytest.raises(EmoTalkError, match="EMOTE needs FLINT: train --preset flint first"):
        new_task(prior="")
    arkit = FaceCurves(np.zeros((50, 52), np.float32), ARKIT, 25.0)
    with pytest.raises(EmoTalkError, match="The takes are ARKit, where FLAME's expression and jaw belong"):
        FlintTask(read_recipe(FlintRecipe, FLINT_RECIPE), flame, [replace(takes[0][0], curves=arkit)])
    fewer = FaceCurves(takes[0][0].curves.values[:, 3:], FLAME(47), 25.0)
    settings = read_recipe(EmoteRecipe, EMOTE_RECIPE, {**TINY_EMOTE, "prior": str(prior_of(new_task))})
    with pytest.raises(EmoTalkError, match="has 50 expressions, the takes 47"):
        EmoteTask(settings, flame, [replace(takes[0][0], curves=fewer)])
    with pytest.raises(EmoTalkError, match="trained with another release of FLAME"):
        EmoteTask(settings, replace(flame, template=flame.template + 1), takes[0])
    with pytest.raises(EmoTalkError, match="batch_size must be 2 or more"):
        read_recipe(EmoteRecipe, EMOTE_RECIPE, {"batch_size": 1})
    with pytest.raises(EmoTalkError, match="multiple of 8 frames"):
        read_recipe(FlintRecipe, FLINT_RECIPE, {"window": 12})


def prior_of(new_task):
    return new_task()._recipe.prior


def words_of(settings, prefix=""):
    """``--set`` words of nested settings."""
    words = []
    for name, value in settings.items():
        if isinstance(value, dict):
            words += words_of(value, f"{prefix}{name}.")
        else:
            words += ["--set", f"{prefix}{name}={value}"]
    return words


@pytest.fixture(scope="module")
def project(acting, tmp_path_factory):
    """A studio's folder: sounds, FLAME parameters, a project and FLAME's file."""
    folder = tmp_path_factory.mktemp("studio")
    emotions = ("happy", "sad", "anger", "neutral")
    takes = [acting.act(20 + number, emotion, seconds=4.0) for number, emotion in enumerate(emotions)]
    takes.append(acting.act(40, "happy", seconds=4.0, split="validation"))
    return acting.write_project(folder, takes)


def run_of(runs, preset):
    return open_run(max((runs / "acted" / preset).iterdir()))


def test_a_project_trains_both_from_the_command_line_and_goes_on_after_a_kill(project, tmp_path):
    runs = tmp_path / "runs"
    flame = ["--set", f"flame={project.parent / 'flame.npz'}", "--runs", str(runs), "--cpu", "--threads", "1"]
    flint = words_of({**TINY_FLINT, "steps": 12, "save_every": 6, "validate_every": 6})
    assert main(["train", str(project), "--preset", "flint", *flame, *flint]) == 0
    prior = run_of(runs, "flint").export / "flint.safetensors"
    settings = {**TINY_EMOTE, "steps": 40, "save_every": 4, "validate_every": 20, "exchange_from": 6}
    command = ["train", str(project), "--preset", "emote", *flame, "--set", f"prior={prior}", *words_of(settings)]
    child = subprocess.Popen([sys.executable, "-m", "emotalk.command_line.main", *command], stdout=subprocess.DEVNULL)
    for _ in range(1200):
        if list(runs.glob("acted/emote/*/checkpoints/step_*8.pt")) or child.poll() is not None:
            break
        time.sleep(0.1)
    os.kill(child.pid, signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    killed = run_of(runs, "emote")
    assert not (killed.export / "emote.safetensors").exists()
    whole = tmp_path / "whole" / killed.path.name
    shutil.copytree(killed.path, whole)
    for checkpoint in (whole / "checkpoints").iterdir():
        checkpoint.unlink()
    for path in (killed.path, whole):
        assert main(["resume", str(path), "--cpu"]) == 0
    resumed, uninterrupted = (
        read_safetensors(path / "export" / "emote.safetensors")[0] for path in (killed.path, whole)
    )
    assert all((array == uninterrupted[name]).all() for name, array in resumed.items())
    recorded = {row["path"] for row in json.loads(killed.data.read_text())}
    assert {"flame.npz", "happy_20.wav", "happy_20.npz", "project.toml"} <= recorded
    assert any(Path(name).name == "flint.safetensors" for name in recorded)
    figures = json.loads(killed.evaluation.read_text())["figures"]
    assert set(figures) == {"score", "vertices_mm", "emotion_shown", "closures_moved"}
    assert json.loads(read_metadata(killed.export / "emote.safetensors")["styles"]) == ["Ada"]
    assert main(["weights", "import", str(killed.export / "emote.safetensors"), "--name", "Ada by EMOTE"]) == 0


def test_a_project_without_flame_is_told_so(project, tmp_path, capsys):
    assert main(["train", str(project), "--preset", "flint", "--runs", str(tmp_path), "--cpu"]) == 1
    assert "name your FLAME file with --set flame=FILE" in capsys.readouterr().err


def test_actors_of_a_project_become_identities(acting, flame, prior):
    takes = [acting.act(1, "happy", seconds=3.0, actor="Ada"), acting.act(2, "sad", seconds=3.0, actor="Bob")]
    settings = read_recipe(EmoteRecipe, EMOTE_RECIPE, {**TINY_EMOTE, "prior": str(prior)})
    task = EmoteTask(settings, flame, takes)
    assert task._actors == ("Ada", "Bob")
    assert task.network.emote.config.identities == 2
    conditions = {tuple(row.tolist()) for row in task.draw(0, np.random.default_rng(0)).condition}
    happy, sad = EMOTIONS.index("happy"), EMOTIONS.index("sad")
    for row in conditions:
        assert row[happy] == row[11] == 1 or row[sad] == row[12] == 1
