"""One step of training: clipped gradients, the rate by the recipe, and the moving average of the weights."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from emotalk.training.compact import learner as learner_module
from emotalk.training.compact.learner import Learner
from emotalk.training.compact.network import NetworkConfig
from emotalk.training.compact.recipe import is_held_out, read_recipe


@pytest.fixture
def recipe():
    network = NetworkConfig(
        content_width=16, content_dilations=(1,), emotion_width=8, emotion_dilations=(1,), decoder_width=16
    )
    return replace(
        read_recipe(), warmup_steps=10, decay_from=60, decay_to=100, learning_rate=1e-3, ema_decay=0.75, network=network
    )


@pytest.fixture
def steep(monkeypatch):
    """A loss with enormous gradients in place of the real one."""

    def losses(network, head, _batch, _times, _mixed_precision):
        return {"steep": 1e6 * sum(parameter.sum() for parameter in (*network.parameters(), *head.parameters()))}

    monkeypatch.setattr(learner_module, "losses", losses)


@pytest.fixture
def learner(recipe, steep):
    return Learner(recipe, np.zeros(64, np.float32))


def weights(network):
    return torch.cat([parameter.detach().flatten() for parameter in network.parameters()]).clone()


def test_gradients_are_clipped_to_a_norm_of_one(learner):
    learner.train_step(None, 50)
    parameters = [*learner.network.parameters(), *learner.head.parameters()]
    norm = torch.cat([parameter.grad.flatten() for parameter in parameters]).norm()
    assert float(norm) == pytest.approx(1, rel=1e-3)


def test_the_average_moves_a_little_towards_the_newest_weights(learner):
    average = weights(learner.average)
    learner.train_step(None, 1000 - 950)
    newest = weights(learner.network)
    assert not torch.equal(newest, average)
    torch.testing.assert_close(weights(learner.average), 0.75 * average + 0.25 * newest)


def test_the_first_averages_forget_the_random_beginning_sooner(learner):
    average = weights(learner.average)
    learner.train_step(None, 0)
    torch.testing.assert_close(weights(learner.average), 0.1 * average + 0.9 * weights(learner.network))


@pytest.mark.parametrize(
    ("step", "share"), [(0, 0.1), (4, 0.5), (9, 1), (30, 1), (60, 1), (80, 0.5), (100, 0), (120, 0)]
)
def test_the_rate_rises_stays_and_falls(learner, step, share):
    learner.train_step(None, step)
    rates = [group["lr"] for optimiser in learner._optimisers for group in optimiser.param_groups]
    assert rates == pytest.approx([1e-3 * share] * 2)


def test_the_share_of_held_out_names_is_the_one_asked_for():
    names = [f"speaker {number}" for number in range(4000)]
    for share in (0, 0.1, 0.6, 1):
        assert np.mean([is_held_out(name, share) for name in names]) == pytest.approx(share, abs=0.03)
