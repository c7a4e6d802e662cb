import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from emotalk.face.basis import ARKIT, FLAME
from emotalk.face.controls import Controls
from emotalk.inference.checkpoints.safetensors_file import read_metadata, read_safetensors
from emotalk.training.karras.preset import load
from emotalk.training.karras.recipe import RECIPE, read_recipe
from emotalk.training.karras.task import KarrasTask
from emotalk.training.run_folder import RunFolder
from emotalk.training.trainer import new_accelerator, train


@pytest.fixture(scope="module")
def task(recipe, take_of):
    return KarrasTask(recipe(), [take_of("one"), take_of("two", 4.0, seed=1)], [take_of("three", seed=2)])


@pytest.fixture(scope="module")
def trained(recipe, take_of, tmp_path_factory):
    """A task that was trained for a moment, its run and its averaged weights."""
    run = RunFolder(tmp_path_factory.mktemp("run"))
    settings = recipe(steps=150, batch_size=12, learning_rate=2e-3, decay_from=100, decay_to=160, muted=0.2)
    task = KarrasTask(settings, [take_of(str(i), 8.0, seed=i) for i in range(3)], [take_of("held out", seed=9)])
    before = task.validate(task.network.eval())
    result = train(task, settings, run, "id", new_accelerator(settings, cpu=True))
    return task, before, result


def test_every_setting_of_the_recipe_is_one_that_training_knows(recipe):
    settings = read_recipe(RECIPE)
    assert set(settings.losses) == set(recipe().losses)
    assert settings.decay_from < settings.steps < settings.decay_to


def test_training_learns_to_open_the_jaw(trained):
    task, before, result = trained
    assert result.figures["score"] < 0.85 * before["score"]
    assert result.figures["jaw_r"] > 0.7 > before["jaw_r"]
    assert set(task.base_figures()) == set(result.figures)


def test_what_was_trained_moves_little_without_speech(trained, tmp_path):
    task, _, result = trained
    task.export(result.network, tmp_path / "Ann.safetensors", {})
    model = load(tmp_path / "Ann.safetensors")
    silent = model.decode(
        model.encode(replace(task._held_out[0].speech, samples=np.zeros(32_000, np.float32))), Controls()
    )
    spoken = model.decode(model.encode(task._held_out[0].speech), Controls())
    assert np.abs(np.diff(silent.values, axis=0)).mean() < 0.02 * np.abs(np.diff(spoken.values, axis=0)).mean()


def test_the_export_is_what_was_validated_with_mined_moods(trained, tmp_path):
    task, _, result = trained
    path = tmp_path / "Ann.safetensors"
    task.export(result.network, path, {"licence": "MIT"})
    metadata = read_metadata(path)
    assert json.loads(metadata["takes"]) == ["0", "1", "2"]
    assert metadata["licence"] == "MIT"
    moods = json.loads(metadata["emotions"])
    assert moods == [f"Mood {number}" for number in range(1, len(moods) + 1)]
    assert 1 <= len(moods) <= 4
    arrays, _ = read_safetensors(path)
    assert arrays["emotion.poses"].shape == (len(moods), len(ARKIT))
    model, take = load(path), task._held_out[0]
    error = np.abs(model.decode(model.encode(take.speech), Controls()).values[:180] - take.curves.values)
    jaw = error[:, ARKIT.columns(("jawOpen", "mouthLowerDownLeft", "mouthLowerDownRight"))]
    assert jaw.mean() < 0.1
    changed = model.decode(model.encode(take.speech), Controls({moods[0]: 1}, moods)).values
    assert np.isfinite(changed).all()


def test_emotion_vectors_are_trained_and_the_scales_are_part_of_the_state(task):
    task.network.zero_grad()
    batch = task.draw(0, np.random.default_rng(0))
    terms = task.losses(batch)
    assert set(terms) == {"position", "motion", "emotion", "lips", "stability"}
    sum(terms.values()).backward()
    moved = task.network.emotions.grad.abs().sum(dim=1) > 0
    drawn = torch.zeros(len(moved), dtype=torch.bool)
    drawn[batch.rows] = drawn[batch.rows + 1] = True
    assert moved.any()
    assert not (moved & ~drawn).any()
    assert task.network.state_dict()["losses.scale.steps"] >= 1


def test_a_neutral_stretch_does_not_train_its_vectors_on_the_pose(task):
    batch = task.draw(1, np.random.default_rng(1))
    batch = replace(batch, neutral=torch.ones_like(batch.neutral))
    task.network.zero_grad()
    task.losses(batch)["position"].backward()
    assert task.network.emotions.grad is None or not task.network.emotions.grad.any()


def test_a_run_without_held_out_takes_has_no_figures(recipe, take_of):
    task = KarrasTask(recipe(), [take_of("one")])
    assert task.validate(task.network) == {}
    assert task.base_figures() == {}


def test_a_flame_face_is_trained_too(recipe, take_of, tmp_path):
    take = take_of("one", 4.0, basis=FLAME(50), fps=25.0)
    task = KarrasTask(recipe(), [take], [take])
    assert np.isfinite(task.validate(task.network.eval())["jaw_r"])
    task.export(task.network, tmp_path / "flame.safetensors", {})
    model = load(tmp_path / "flame.safetensors")
    curves = model.decode(model.encode(take.speech), Controls())
    assert (curves.basis, curves.fps, curves.frames) == (FLAME(50), 25.0, 100)
