"""One step of training: clipped gradients, the rate by the recipe, and the moving average of the weights."""

import runpy
from pathlib import Path

import pytest
import torch
from emotalk.inference.contract import EmoTalkError
from emotalk.training.learner import Learner
from emotalk.training.task import ParameterGroup
from emotalk.training.trainer import new_accelerator

SMALL = runpy.run_path(str(Path(__file__).with_name("small_task.py")))
STEEP = {"losses": {"position": 1e6, "motion": 0.0}}


def learner(task_type=SMALL["SmallTask"], **changes):
    recipe = SMALL["recipe"](**(STEEP | changes))
    return Learner(task_type(recipe), recipe, new_accelerator(recipe, cpu=True))


def weights(network):
    return torch.cat([parameter.detach().flatten() for parameter in network.parameters()]).clone()


def test_gradients_are_clipped_to_the_norm_of_the_recipe():
    steep = learner(gradient_norm=0.5)
    steep.train_step(30)
    gradients = [each.grad.flatten() for each in steep.task.network.parameters() if each.requires_grad]
    assert float(torch.cat(gradients).norm()) == pytest.approx(0.5, rel=1e-3)


def test_the_average_moves_a_little_towards_the_newest_weights():
    late = learner(ema_decay=0.75)
    average = weights(late.average)
    late.train_step(50)
    newest = weights(late.task.network)
    assert not torch.equal(newest, average)
    torch.testing.assert_close(weights(late.average), 0.75 * average + 0.25 * newest)


def test_the_first_averages_forget_the_random_beginning_sooner():
    early = learner()
    average = weights(early.average)
    early.train_step(0)
    torch.testing.assert_close(weights(early.average), 0.1 * average + 0.9 * weights(early.task.network))


@pytest.mark.parametrize(
    ("step", "share"), [(0, 0.1), (4, 0.5), (9, 1), (30, 1), (60, 1), (80, 0.5), (100, 0), (120, 0)]
)
def test_the_rate_rises_stays_and_falls(step, share):
    scheduled = learner(learning_rate=1e-3, warmup_steps=10, decay_from=60, decay_to=100)
    scheduled.train_step(step)
    rates = [group["lr"] for optimiser in scheduled._optimisers for group in optimiser.param_groups]
    assert rates == pytest.approx([1e-3 * share, 0.5e-3 * share])


def test_frozen_weights_stay_and_are_in_no_checkpoint():
    trained = learner()
    frozen = trained.task.network[4].weight.clone()
    trained.train_step(0)
    assert torch.equal(trained.task.network[4].weight, frozen)
    assert set(trained.state()["network"]) == {"0.weight", "0.bias", "3.weight", "3.bias"}


def test_buffers_are_taken_over_by_the_averaged_network():
    class Counting(SMALL["SmallTask"]):
        def __init__(self, recipe):
            super().__init__(recipe)
            self.network.register_buffer("seen", torch.zeros(()))

        def losses(self, batch):
            self.network.seen += len(batch["inputs"])
            return super().losses(batch)

    counting = learner(Counting)
    counting.train_step(0)
    assert float(counting.average.seen) == 8
    assert float(counting.state()["network"]["seen"]) == 8


def test_what_no_group_names_is_not_trained():
    class OneLayer(SMALL["SmallTask"]):
        def parameter_groups(self):
            return [ParameterGroup(list(self.network[3].parameters()))]

    partial = learner(OneLayer)
    before = partial.task.network[0].weight.clone()
    partial.train_step(0)
    assert torch.equal(partial.task.network[0].weight, before)
    assert set(partial.state()["network"]) == {"3.weight", "3.bias"}


def test_weights_of_the_losses_stand_in_the_recipe():
    terms = learner(losses={"position": 1.0, "motion": 1.0}).train_step(0)
    weighted = learner(losses={"position": 3.0, "motion": 0.0}).train_step(0)
    assert weighted == pytest.approx({"position": 3 * terms["position"], "motion": 0})


@pytest.mark.parametrize("losses", [{"position": 1.0}, {"position": 1.0, "motion": 1.0, "lips": 1.0}])
def test_a_missing_or_unknown_term_is_named(losses):
    with pytest.raises(EmoTalkError, match=r"losses are not the terms of this training: (motion|lips)"):
        learner(losses=losses).train_step(0)


def test_a_loss_that_is_no_number_ends_the_training_with_a_sentence():
    broken = learner()
    with torch.no_grad():
        broken.task.network[0].weight[0, 0] = float("nan")
    with pytest.raises(EmoTalkError, match="no number any more after 3 steps"):
        broken.train_step(3)


def test_a_step_gives_the_same_whatever_came_before():
    """Dropout too: each step seeds it."""

    class Dropping(SMALL["SmallTask"]):
        def __init__(self, recipe):
            super().__init__(recipe, dropout=0.5)

    first, second = learner(Dropping), learner(Dropping)
    torch.rand(100)
    assert first.train_step(11) == second.train_step(11)
