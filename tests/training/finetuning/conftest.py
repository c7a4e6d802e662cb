"""A small actor: a few seconds of syllables in ARKit's coefficients, noise, and a recipe that takes seconds."""

import runpy
from pathlib import Path

import numpy as np
import pytest
import torch
from emotalk.inference.checkpoints.library import find_weights
from emotalk.inference.contract import SAMPLE_RATE, Speech
from emotalk.training.captures.take import Labels, Take
from emotalk.training.finetuning.compact_network import CompactSystem
from emotalk.training.finetuning.recipe import RECIPE, ActorRecipe
from emotalk.training.finetuning.task import ActorTask
from emotalk.training.recipe import read_recipe

STUDIO = runpy.run_path(str(Path(__file__).parents[1] / "captures" / "studio.py"))


def take(seed, seconds=6.0, **labels):
    acted = STUDIO["act"](seed, seconds)
    return Take(f"take_{seed}", acted.speech, acted.curves, Labels(**labels))


def noise(seed, seconds=5.0):
    return Speech(np.random.default_rng(seed).normal(0, 0.1, int(seconds * SAMPLE_RATE)).astype(np.float32), "noise")


def recipe(**changes):
    settings = {"steps": 30, "decay_from": 20, "decay_to": 40, "batch_size": 4, "rank": 4, "warmup_steps": 2}
    return read_recipe(ActorRecipe, RECIPE, {**settings, "ema_decay": 0.9, "patience": 0, **changes})


@pytest.fixture(scope="session")
def actor_task():
    """A task by changes of the recipe."""

    def make(takes=None, others=None, **changes):
        own = [take(1), take(2)] if takes is None else takes
        spoken = [noise(3)] if others is None else others
        torch.manual_seed(0)
        settings, base = recipe(**changes), find_weights("emotalk-compact")
        return ActorTask(settings, "Mei", CompactSystem(base, settings.rank), base, own, [take(4)], spoken)

    return make


@pytest.fixture(name="take_of", scope="session")
def take_fixture():
    return take


@pytest.fixture(name="recipe_of", scope="session")
def recipe_fixture():
    return recipe
