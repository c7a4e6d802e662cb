"""Clips of takes: anywhere in the first stage, mostly over laughs in the second."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ..arrays import FloatArray
from .prepared_takes import PreparedTake


@dataclass(frozen=True)
class Batch:
    """Clips; what is behind the end of a short take is zeros.

    Attributes:
        features: (B, T, columns) of the encoder's convolutions.
        motion: (B, T, C) captured.
        talk: (B, T, C) of the first stage; zeros in its own training.
        valid: (B, T) 1 where there is a captured frame, else 0.
        past: (B, T, C) what the decoder sees of the frames before; (B, 0) where it sees what it performed itself.
    """

    features: Tensor
    motion: Tensor
    talk: Tensor
    valid: Tensor
    past: Tensor

    def with_past(self, past: Tensor) -> "Batch":
        """The same clips with teacher forcing."""
        return replace(self, past=past)


def draw_batch(takes: Sequence[PreparedTake], size: int, window: int, rng: np.random.Generator) -> Batch:
    """Clips of random takes, long ones oftener.

    Args:
        takes: to draw from.
        size: B.
        window: T.
        rng: of takes and places.
    """
    return _batch([_anywhere(takes, window, rng) for _ in range(size)], window)


def draw_laughing(
    takes: Sequence[PreparedTake], size: int, window: int, anywhere: float, rng: np.random.Generator
) -> Batch:
    """Clips that contain a laugh, or as much of it as fits.

    Args:
        takes: to draw from; one of them laughs.
        size: B.
        window: T.
        anywhere: share of clips that are drawn as ``draw_batch`` draws them.
        rng: of laughs and places.
    """
    laughs = [(take, laugh) for take in takes for laugh in take.laughs]
    drawn = []
    for _ in range(size):
        if rng.random() < anywhere:
            drawn.append(_anywhere(takes, window, rng))
            continue
        take, (first, last) = laughs[rng.integers(len(laughs))]
        earliest, latest = sorted((last - window, first))
        place = int(rng.integers(earliest, latest + 1))
        drawn.append((take, max(min(place, len(take.motion) - window), 0)))
    return _batch(drawn, window)


def _anywhere(takes: Sequence[PreparedTake], window: int, rng: np.random.Generator) -> tuple[PreparedTake, int]:
    lengths = np.array([len(take.motion) for take in takes])
    take = takes[rng.choice(len(takes), p=lengths / lengths.sum())]
    return take, int(rng.integers(max(len(take.motion) - window, 0) + 1))


def _batch(drawn: Sequence[tuple[PreparedTake, int]], window: int) -> Batch:
    columns = []
    for take, first in drawn:
        performed = np.zeros_like(take.motion) if take.talk is None else take.talk
        rows = (take.features, take.motion, performed, np.ones(len(take.motion), np.float32))
        columns.append([_filled(each[first : first + window], window) for each in rows])
    features, motion, talk, valid = (torch.from_numpy(np.stack(each)) for each in zip(*columns, strict=True))
    return Batch(features, motion, talk, valid, past=torch.zeros(len(drawn), 0))


def _filled(rows: FloatArray, window: int) -> FloatArray:
    return np.concatenate([rows, np.zeros((window - len(rows), *rows.shape[1:]), np.float32)])
