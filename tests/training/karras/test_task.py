import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from emotalk.face.basis import ARKIT, FLAME
from emotalk.face.controls import Controls
from emotalk.inference.checkpoints.library import find_weights, weights_hash
from emotalk.inference.checkpoints.safetensors_file import read_metadata, read_safetensors
from emotalk.inference.contract import EmoTalkError
from emotalk.inference.models.compact import EmoTalkCompact
from emotalk.inference.models.karras_content import content_at
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


def test_content_features_of_frozen_weights_are_named_and_heard_in_inference(recipe, take_of, tmp_path):
    settings = recipe(content="emotalk-compact", position="absolute")
    task = KarrasTask(settings, [take_of("one", 4.0)], [take_of("two", 4.0, seed=1)])
    batch = task.draw(0, np.random.default_rng(0))
    assert batch.content.shape == (4, 64 + 2 * 4, 64)
    assert batch.content.std() == pytest.approx(1, abs=0.5)
    path = tmp_path / "Ann.safetensors"
    task.export(task.network.eval(), path, {})
    weights = find_weights("emotalk-compact")
    assert read_metadata(path)["base_sha256"] == weights_hash(weights).split()[0]
    model, take = load(path), task._held_out[0]
    formants = model.encode(take.speech).arrays["formants"]
    assert formants.shape[1] == 8 + 64
    first = 32 + 125  # a second after the start
    wanted = (
        EmoTalkCompact.load(weights.path, weights.spec).encode(take.speech).arrays["content"][30]
        - (task._listening.listener.mean)
    ) / task._listening.listener.spread
    np.testing.assert_allclose(formants[first, 8:], wanted, atol=1e-4)


def test_what_is_trained_and_what_is_performed_hear_the_same_content(recipe, take_of):
    task = KarrasTask(recipe(content="emotalk-compact"), [take_of("one", 4.0)])
    take = task._takes[0]
    rows = take.content_of(np.array(100.25), np.arange(5))
    times = (100.25 + np.arange(5) - 32) * 0.008
    np.testing.assert_allclose(rows, content_at(take.content, times), atol=1e-6)
    assert content_at(take.content, np.array([-1.0, 99.0])).tolist() == take.content[[0, -1]].tolist()


def test_weights_that_hear_must_be_installed(recipe, take_of, tmp_path):
    task = KarrasTask(recipe(content="emotalk-compact"), [take_of("one", 4.0)])
    path = tmp_path / "Ann.safetensors"
    task.export(task.network.eval(), path, {"base_sha256": 64 * "0"})
    with pytest.raises(EmoTalkError, match="hears with weights that are not installed"):
        load(path)
    with pytest.raises(EmoTalkError, match="no model named 'nobody'"):
        KarrasTask(recipe(content="nobody"), [take_of("one", 4.0)])
