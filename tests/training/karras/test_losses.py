import numpy as np
import pytest
import torch
from emotalk.face.basis import ARKIT, FLAME
from emotalk.training.karras.batches import Batch
from emotalk.training.karras.losses import Losses, RunningScale


def batch_of(values, learnt=None, energy=None):
    values = torch.tensor(values, dtype=torch.float32)
    items, moments, _ = values.shape
    return Batch(
        frames=torch.zeros(items, 64, 32),
        content=torch.zeros(items, 64, 0),
        values=values,
        learnt=torch.ones_like(values) if learnt is None else torch.tensor(learnt, dtype=torch.float32),
        energy=torch.ones(items, moments) if energy is None else torch.tensor(energy, dtype=torch.float32),
        rows=torch.zeros(items, moments, dtype=torch.long),
        shares=torch.zeros(items, moments),
        neutral=torch.zeros(items),
    )


def arkit(**channels):
    values = np.zeros((1, 2, len(ARKIT)), np.float32)
    for name, track in channels.items():
        values[0, :, ARKIT.index[name]] = track
    return values


class Plain(torch.nn.Module):
    def forward(self, terms):
        return terms


def plain_losses(basis=ARKIT, position="squared"):
    losses = Losses(basis, position)
    losses.scale = Plain()
    return losses


def test_the_papers_terms_by_hand():
    poses, values = torch.tensor([[[0.0, 1, 0, 0], [2, 1, 0, 0]]]), np.zeros((1, 2, 4))
    emotions = torch.tensor([[[1.0, 0.0], [0.0, 2.0]]])
    terms = plain_losses(FLAME(1))(poses, emotions, batch_of(values))
    assert terms["position"].item() == pytest.approx((1 + 4 + 1) / 8)
    assert terms["motion"].item() == pytest.approx(2 * 4 / 4)
    assert terms["emotion"].item() == pytest.approx(2 * ((1 + 4) / 2) / ((1 + 4) / 4))
    assert terms["lips"].item() == 0


def test_emotions_gain_nothing_by_being_small():
    poses, batch = torch.zeros(1, 2, 4), batch_of(np.zeros((1, 2, 4)))
    emotions = torch.tensor([[[1.0, 0.0], [0.0, 2.0]]])
    large, small = (plain_losses(FLAME(1))(poses, gain * emotions, batch)["emotion"].item() for gain in (1, 0.1))
    assert small == pytest.approx(large, rel=1e-4)


def test_each_term_is_divided_by_its_running_root_mean_square():
    scale = RunningScale()
    first = scale(torch.tensor([4.0, 0.5, 1.0]))
    torch.testing.assert_close(first, torch.ones(3))
    second = scale(torch.tensor([2.0, 0.5, 1.0]))
    mean_square = (0.99 * 0.01 * 16 + 0.01 * 4) / (1 - 0.99**2)
    assert second[0].item() == pytest.approx(2 / np.sqrt(mean_square), rel=1e-4)


def test_no_gradient_goes_through_the_scale():
    scale, term = RunningScale(), torch.tensor([3.0, 3.0, 3.0], requires_grad=True)
    scale(term).sum().backward()
    torch.testing.assert_close(term.grad, torch.full((3,), 1 / 3))


def test_lips_count_most_where_they_are_closed():
    closed, opened = arkit(jawOpen=[0, 0]), arkit(jawOpen=[0.6, 0.6])
    error = torch.tensor(arkit(jawOpen=[0.1, 0.1]))
    terms = [
        plain_losses()(torch.tensor(values) + error, torch.ones(1, 2, 2), batch_of(values))["lips"].item()
        for values in (closed, opened)
    ]
    assert terms[0] == pytest.approx(0.01)
    assert terms[1] == pytest.approx(0.01 * np.exp(-2 * 0.6 / 0.2))


def test_motion_in_quiet_counts_however_the_capture_moves():
    poses = torch.tensor(arkit(jawOpen=[0.0, 0.2]))
    loud, quiet = (
        plain_losses()(poses, torch.ones(1, 2, 2), batch_of(arkit(jawOpen=[0, 0]), energy=[[e, e]]))["stability"].item()
        for e in (0.1, 0.0)
    )
    assert quiet == pytest.approx(0.04 / len(ARKIT))
    assert loud < 1e-9


def test_what_is_not_to_be_learnt_costs_nothing():
    learnt = np.ones((1, 2, len(ARKIT)))
    learnt[..., ARKIT.index["eyeBlinkLeft"]] = 0
    poses, values = torch.tensor(arkit(eyeBlinkLeft=[0, 1])), arkit()
    terms = plain_losses()(poses, torch.ones(1, 2, 2), batch_of(values, learnt))
    assert terms["position"].item() == terms["motion"].item() == 0


def test_an_absolute_error_is_none_where_the_limit_cuts_the_curve_off():
    values = arkit(jawOpen=0.5, mouthPucker=(0.0, 0.0), mouthSmileLeft=(1.0, 0.4))
    poses = values.copy()
    poses[0, :, ARKIT.index["jawOpen"]] = 0.3
    poses[0, :, ARKIT.index["mouthPucker"]] = (-0.7, 0.1)
    poses[0, :, ARKIT.index["mouthSmileLeft"]] = (1.5, -0.2)
    terms = plain_losses(position="absolute")(torch.tensor(poses), torch.ones(1, 2, 3), batch_of(values))
    errors = 0.2 + 0.2 + 0 + 0.1 + 0 + 0.6
    assert terms["position"].item() == pytest.approx(errors / (2 * 52), rel=0.05)
    assert terms["motion"].item() == pytest.approx(2 * (0.1**2 + 0.6**2) / 52, rel=1e-4)
