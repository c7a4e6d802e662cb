"""An actor's style for a small checkpoint in the released format."""

import runpy
from pathlib import Path

import numpy as np
import pytest
import torch
from emotalk.face.controls import Controls
from emotalk.inference.checkpoints.importing import import_weights
from emotalk.inference.checkpoints.safetensors_file import read_metadata, read_safetensors, write_safetensors
from emotalk.inference.contract import EmoTalkError
from emotalk.inference.models.emotalk import EmoTalk
from emotalk.training.captures.project import ReadTakes, read_project
from emotalk.training.emotalk.actor import RECIPE, EmoTalkSystem, load_exported, make_task
from emotalk.training.finetuning.batches import FRAMES, stretches
from emotalk.training.finetuning.recipe import ActorRecipe
from emotalk.training.finetuning.task import ActorTask
from emotalk.training.learner import Learner
from emotalk.training.recipe import read_recipe
from emotalk.training.trainer import new_accelerator

STATE = runpy.run_path(str(Path(__file__).parents[2] / "released_state.py"))["released_state"]


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    path = tmp_path_factory.mktemp("released") / "EmoTalk.pth"
    torch.save(STATE(), path)
    return import_weights(path, "small EmoTalk", overwrite=True).weights


def recipe(**changes):
    settings = {
        "steps": 60,
        "decay_from": 50,
        "decay_to": 80,
        "learning_rate": 1e-2,
        "batch_size": 4,
        "rank": 4,
        "warmup_steps": 2,
    }
    return read_recipe(ActorRecipe, RECIPE, {**settings, "ema_decay": 0.9, "patience": 0, **changes})


@pytest.fixture(scope="module")
def task(base, four):
    settings = recipe()
    torch.manual_seed(0)
    return ActorTask(settings, "Mei", EmoTalkSystem(base, settings.rank), base, four[:2], four[2:3])


@pytest.fixture(scope="module")
def exported(task, tmp_path_factory):
    """The task trained for some steps, and its file."""
    settings = recipe()
    learner = Learner(task, settings, new_accelerator(settings, cpu=True))
    terms = [learner.train_step(step) for step in range(settings.steps)]
    path = tmp_path_factory.mktemp("export") / "emotalk-actor.safetensors"
    task.export(learner.average, path, {})
    return learner.average, path, terms


def test_the_style_learns_and_its_file_is_small(task, exported):
    network, path, terms = exported
    assert terms[-1]["values"] < 0.7 * terms[0]["values"]
    assert task.validate(network)["error"] < task.base_figures()["error"]
    assert path.stat().st_size < 5_000_000
    assert read_metadata(path)["actor"] == "Mei"
    assert "CC BY-NC" in read_metadata(path)["licence"]


def test_its_file_gives_what_training_saw(task, exported, four):
    network, path, _ = exported
    model = load_exported(path)
    features = model.encode(four[0].speech)
    with torch.no_grad():
        ours = network(stretches([task._own[0]], [0]))[0].numpy()
    theirs = model.decode(features, Controls({"emotion_level": 0.5})).values[:FRAMES]
    np.testing.assert_allclose(ours[: len(theirs)], theirs, atol=2e-2 * theirs.std())


def test_every_other_style_is_the_base_to_the_last_bit(base, exported, four):
    model, plain = load_exported(exported[1]), EmoTalk.load(base.path, base.spec)
    assert model.spec.styles == ("Mei", *base.spec.styles)
    features = model.encode(four[1].speech)
    for style in ("Actor 01", "Actor 07"):
        controls = Controls({"personal_style": style})
        assert model.decode(features, controls).values.tobytes() == plain.decode(features, controls).values.tobytes()


def test_weights_of_other_layers_are_refused(exported, tmp_path):
    arrays, metadata = read_safetensors(exported[1])
    write_safetensors(tmp_path / "wrong.safetensors", {**arrays, "content_map.bias": np.zeros(24, "f4")}, metadata)
    with pytest.raises(EmoTalkError, match="does not fit its base at content_map"):
        load_exported(tmp_path / "wrong.safetensors")


def test_without_a_base_it_says_how_to_name_one(four, tmp_path):
    path = tmp_path / "project.toml"
    path.write_text('[[takes]]\nname = "a"\nsound = "a.wav"\ncurves = "a.csv"\n')
    with pytest.raises(EmoTalkError, match="--set base=NAME"):
        make_task(read_project(path), ReadTakes(tuple(four), ()), recipe())
