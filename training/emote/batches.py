"""Windows of takes, and clips that exchange their emotions.

In the second stage every clip is decoded twice: with its own condition, and with the emotion and the intensity of
another clip of the batch, which is drawn here so that every process of a training has what its clips need.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ...face.emotions import EMOTIONS
from ...inference.models.emote import INTENSITIES
from ..arrays import FloatArray, IntArray
from .prepared_takes import PreparedTake

_EXCHANGED = len(EMOTIONS) + INTENSITIES
"""Columns of a condition that move together; the identity stays."""


@dataclass(frozen=True)
class Batch:
    """Clips of the first stage.

    Attributes:
        features: (B, T, C).
        motion: (B, T, E + 3) captured; zeros behind the end of a short take.
        valid: (B, T) 1 where there is a captured frame, else 0.
        condition: (B, 11 + identities).
    """

    features: Tensor
    motion: Tensor
    valid: Tensor
    condition: Tensor


@dataclass(frozen=True)
class ExchangedBatch(Batch):
    """Clips of the second stage.

    Attributes:
        exchanged: (B, 11 + identities) the own identity with another clip's emotion and intensity.
        other_motion: (B, T, E + 3) what that clip captured.
        other_valid: (B, T) of it.
    """

    exchanged: Tensor
    other_motion: Tensor
    other_valid: Tensor


def draw_batch(takes: Sequence[PreparedTake], actors: int, size: int, window: int, rng: np.random.Generator) -> Batch:
    """Random windows of random takes.

    Args:
        takes: to draw from, each as often.
        actors: how many identities there are.
        size: B.
        window: T; a shorter take is filled up with zeros.
        rng: of takes and places.
    """
    drawn = [takes[number] for number in rng.integers(len(takes), size=size)]
    cuts = [_cut(len(take.motion), window, rng) for take in drawn]
    return Batch(
        torch.from_numpy(
            np.stack([_filled(take.features[cut], window) for take, cut in zip(drawn, cuts, strict=True)])
        ),
        torch.from_numpy(np.stack([_filled(take.motion[cut], window) for take, cut in zip(drawn, cuts, strict=True)])),
        torch.from_numpy(np.stack([_filled(np.ones(cut.stop - cut.start, np.float32), window) for cut in cuts])),
        torch.from_numpy(np.stack([take.condition(actors) for take in drawn])),
    )


def draw_motion(motions: Sequence[FloatArray], size: int, window: int, rng: np.random.Generator) -> Tensor:
    """(B, T, E + 3) random windows of motion alone; a shorter take is filled up with zeros."""
    drawn = [motions[number] for number in rng.integers(len(motions), size=size)]
    return torch.from_numpy(np.stack([_filled(each[_cut(len(each), window, rng)], window) for each in drawn]))


def exchange(batch: Batch, rng: np.random.Generator) -> ExchangedBatch:
    """The batch with emotions and intensities exchanged between its clips, each with another one."""
    other = torch.from_numpy(derangement(len(batch.motion), rng))
    exchanged = torch.cat([batch.condition[other, :_EXCHANGED], batch.condition[:, _EXCHANGED:]], dim=1)
    return ExchangedBatch(
        **vars(batch), exchanged=exchanged, other_motion=batch.motion[other], other_valid=batch.valid[other]
    )


def derangement(count: int, rng: np.random.Generator) -> IntArray:
    """A random permutation that leaves nothing in its place; permutations are drawn until there is one."""
    while True:
        order = rng.permutation(count)
        if (order != np.arange(count)).all():
            return order


def _cut(frames: int, window: int, rng: np.random.Generator) -> slice:
    first = int(rng.integers(max(frames - window, 0) + 1))
    return slice(first, min(first + window, frames))


def _filled(rows: FloatArray, window: int) -> FloatArray:
    return np.concatenate([rows, np.zeros((window - len(rows), *rows.shape[1:]), np.float32)])
