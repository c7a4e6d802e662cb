"""Clips for both stages."""

import numpy as np
import pytest
import torch
from emotalk.training.laughtalk.batches import draw_batch, draw_laughing
from emotalk.training.laughtalk.figures import laughing_mask, residual_in_speech
from emotalk.training.laughtalk.prepared_takes import PreparedTake


def take_of(frames, laughs=(), name="take"):
    """A take whose rows are numbered."""
    numbers = np.arange(1, frames + 1, dtype=np.float32)[:, None]
    return PreparedTake(name, numbers, 10 * numbers, 100 * numbers, laughs)


@pytest.mark.parametrize("laugh", [(0, 5), (3, 9), (50, 60), (94, 100), (20, 75)])
def test_a_clip_over_a_laugh_contains_it_or_is_within_it(laugh):
    window = 30
    batch = draw_laughing([take_of(100, (laugh,))], 64, window, 0.0, np.random.default_rng(0))
    first = (batch.motion[:, 0, 0] - 1).long()
    starts, ends = first, first + window
    contains = (starts <= laugh[0]) & (ends >= laugh[1])
    within = (starts >= laugh[0]) & (ends <= laugh[1])
    assert (contains | within).all()
    assert len(first.unique()) > 1 or laugh[0] == 0 or laugh[1] == 100
    assert (batch.valid == 1).all()


def test_some_clips_are_drawn_anywhere():
    takes = [take_of(200, ((0, 10),)), take_of(200)]
    rng = np.random.default_rng(1)
    batch = draw_laughing(takes, 400, 10, 0.25, rng)
    assert 0.15 < (batch.motion[:, 0, 0] > 20).float().mean() < 0.35


def test_arrays_of_a_clip_belong_together_and_short_takes_are_filled_up():
    batch = draw_batch([take_of(12)], 3, 20, np.random.default_rng(0))
    assert batch.valid.sum(dim=1).tolist() == [12, 12, 12]
    assert torch.equal(batch.features, 10 * batch.motion)
    assert torch.equal(batch.talk, 100 * batch.motion)
    assert not batch.motion[:, 12:].any()
    assert batch.past.shape == (3, 0)
    assert torch.equal(batch.with_past(batch.motion).past, batch.motion)


def test_long_takes_are_drawn_oftener():
    batch = draw_batch([take_of(30), take_of(970)], 2000, 5, np.random.default_rng(0))
    assert (batch.motion[:, 0, 0] > 26).float().mean() > 0.9


def test_the_residual_in_speech_is_a_share_of_the_one_in_laughs():
    takes = [take_of(10, ((2, 4),)), take_of(5)]
    assert laughing_mask(takes).nonzero()[0].tolist() == [2, 3]
    residuals = [np.full((10, 2), 0.1), np.full((5, 2), 0.1)]
    residuals[0][2:4] = 1
    assert residual_in_speech(takes, residuals)["residual_in_speech"] == pytest.approx(0.01)
    assert residual_in_speech([take_of(5)], [np.ones((5, 1))]) == {}
