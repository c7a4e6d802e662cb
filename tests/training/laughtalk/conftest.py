"""Takes of a synthetic actor who laughs, and tiny settings of both stages."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from emotalk.training.laughtalk.recipe import LAUGH_RECIPE, TALK_RECIPE, LaughRecipe, TalkRecipe
from emotalk.training.laughtalk.task import LaughTask, TalkTask
from emotalk.training.recipe import overridden, read_recipe

TINY = {"batch_size": 4, "window_seconds": 1.0, "teacher_forced": 3}
TINY_TALK = TINY | {
    "network": {"features": 16, "feed_forward": 24},
    "encoder": {"hidden_size": 16, "intermediate_size": 24, "conv_dim": 16},
}


@pytest.fixture(scope="session")
def laughing():
    """The module with synthetic takes."""
    return SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("laughing.py"))))


@pytest.fixture(scope="session")
def takes(laughing):
    """To train on, and held out: both laugh in half of them."""
    trained = [laughing.act(seed, laughs=seed % 2 == 0, seconds=5.0) for seed in range(4)]
    return trained, [laughing.act(seed, laughs=seed % 2 == 0, seconds=5.0, split="validation") for seed in (10, 11)]


@pytest.fixture
def talk_task(takes):
    """A function: the first stage on takes, the usual ones by default."""

    def make(trained=takes[0], held_out=takes[1], flame=None, **changes):
        settings = read_recipe(TalkRecipe, TALK_RECIPE, overridden(TINY_TALK, changes))
        return TalkTask(settings, flame, trained, held_out)

    return make


@pytest.fixture(scope="session")
def talk_weights(takes, tmp_path_factory):
    """Weights of a tiny talk that has hardly learnt; its output is no longer zero."""
    path = tmp_path_factory.mktemp("talk") / "talk.safetensors"
    task = TalkTask(read_recipe(TalkRecipe, TALK_RECIPE, TINY_TALK), None, takes[0])
    awaken(task)
    task.export(task.network.eval(), path, {})
    return path


@pytest.fixture
def laugh_task(takes, talk_weights):
    """A function: the second stage on takes, the usual ones by default."""

    def make(trained=takes[0], held_out=takes[1], flame=None, **changes):
        settings = read_recipe(LaughRecipe, LAUGH_RECIPE, TINY | {"talk": str(talk_weights)} | changes)
        return LaughTask(settings, flame, trained, held_out)

    return make


def awaken(task, scale=0.05):
    """Give the output layer of a task's network some weights."""
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for tensor in task.network.branch.both("motion"):
            tensor.copy_(scale * torch.randn(tensor.shape, generator=generator))


@pytest.fixture(name="awaken")
def awaken_fixture():
    return awaken


@pytest.fixture(autouse=True)
def one_thread():
    """Networks so small are slower in two threads, many times so where others use the cores too."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
