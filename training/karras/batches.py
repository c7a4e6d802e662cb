"""Random stretches of takes, as pairs of adjacent moments anywhere in time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

from ...inference.contract import SAMPLE_RATE
from ...inference.models.karras import HOP, WINDOW, autocorrelation
from ..arrays import FloatArray
from .prepared_takes import HALF, PHASES, PreparedTake, window_starts
from .recipe import KarrasRecipe

_NOISE_DECIBELS: Final = (-60.0, -20.0)
"""Of added noise, relative to loud speech."""
_BESIDE: Final = 6
"""Frames beside a moment that are always its own."""


@dataclass(frozen=True)
class Batch:
    """Stretches of evenly spaced moments; the items come first.

    Attributes:
        frames: (items, 64 + spacing (moments - 1), 32) autocorrelation.
        content: (items, 64 + spacing (moments - 1), K) content features; K may be 0.
        values: (items, moments, channels) coefficients, interpolated.
        learnt: (items, moments, channels) 1 where they are to be learnt, 0 elsewhere.
        energy: (items, moments) of the sound at each moment, relative to loud speech.
        rows: (items, moments) row of the table of emotion vectors before the moment.
        shares: (items, moments) how far the moment is on the way to the next row, 0..1.
        neutral: (items,) 1 where the mean vector takes the place of these, 0 elsewhere.
    """

    frames: Tensor
    content: Tensor
    values: Tensor
    learnt: Tensor
    energy: Tensor
    rows: Tensor
    shares: Tensor
    neutral: Tensor


def draw_batch(
    takes: Sequence[PreparedTake], muted: PreparedTake, recipe: KarrasRecipe, rng: np.random.Generator
) -> Batch:
    """Stretches of random takes, long ones oftener, and of a muted shot.

    Args:
        takes: to draw from.
        muted: from ``prepared_takes.muted_shot``.
        recipe: sizes and shares.
        rng: of this batch.

    Returns:
        The recipe's ``batch_size`` items.
    """
    lengths = np.array([take.seconds for take in takes])
    items: list[tuple[FloatArray, ...]] = []
    for _ in range(recipe.batch_size):
        is_muted = rng.uniform() < recipe.muted
        take = muted if is_muted else takes[rng.choice(len(takes), p=lengths / lengths.sum())]
        other = takes[rng.choice(len(takes), p=lengths / lengths.sum())]
        items.append((*_stretch(take, other, recipe, rng), np.array(rng.uniform() < recipe.neutral, np.float32)))
    return Batch(*(torch.from_numpy(np.stack(column)) for column in zip(*items, strict=True)))


def _stretch(
    take: PreparedTake, other: PreparedTake, recipe: KarrasRecipe, rng: np.random.Generator
) -> tuple[FloatArray, ...]:
    """One item, but for the last of the batch's arrays; ``other`` is a take whose sound may surround it."""
    pace = recipe.tempo ** rng.uniform(-1, 1) if recipe.tempo > 1 else 1.0
    spacing = pace * recipe.spacing * HOP / SAMPLE_RATE
    # A shift by any time, of sound and values alike: the network sees continuous time.
    begin = rng.uniform(0, max(take.seconds - spacing * recipe.moments, 0))
    phases, starts, moments = window_starts(np.array([begin]))
    count = WINDOW + recipe.spacing * (recipe.moments - 1)
    sound = _at_pace(take.spectra[phases[0]], starts[0], count, pace)
    middle = (WINDOW - 1) / 2
    content = take.content_of(starts[0] + phases[0] / PHASES, middle + (np.arange(count) - middle) * pace)
    hops = np.round(starts[0] + HALF + pace * recipe.spacing * np.arange(recipe.moments)).astype(int)
    energy = take.energy[np.minimum(hops, len(take.energy) - 1)]
    if rng.uniform() < recipe.swapped:
        sound, content = _surrounded(sound, content, other, rng)
    sound = sound * 10 ** (rng.uniform(-recipe.gain, recipe.gain) / 10)
    if rng.uniform() < recipe.noisy:
        # The powers of sounds that have nothing to do with each other add up.
        tilt = np.geomspace(1, 10 ** rng.uniform(-3, 1), sound.shape[1])
        sound = sound + 10 ** (rng.uniform(*_NOISE_DECIBELS) / 10) * tilt / tilt.mean()
    places = np.minimum((moments[0] + spacing * np.arange(recipe.moments)) * take.fps, len(take.values) - 1.001)
    before = np.maximum(places, 0).astype(int)
    share = (np.maximum(places, 0) - before).astype(np.float32)
    values = (1 - share[:, None]) * take.values[before] + share[:, None] * take.values[before + 1]
    learnt = (take.learnt[before] & take.learnt[before + 1]).astype(np.float32)
    frames = autocorrelation(sound.astype(np.float32), recipe.network.compression)
    return frames, content, values, learnt, energy, take.first + before, share


def _at_pace(spectra: FloatArray, start: int, count: int, pace: float) -> FloatArray:
    """Rows from a start on, so far apart that the sound is heard at another pace, without another pitch.

    The middle of the first window stays where it is.
    """
    middle = (WINDOW - 1) / 2
    places = np.clip(start + middle + (np.arange(count) - middle) * pace, 0, len(spectra) - 1)
    before = places.astype(int)
    share = (places - before).astype(np.float32)[:, None]
    return (1 - share) * spectra[before] + share * spectra[np.minimum(before + 1, len(spectra) - 1)]


def _surrounded(
    sound: FloatArray, content: FloatArray, other: PreparedTake, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """The sound of a stretch with that of another take before it, after it, or both, but for 50 ms beside it.

    What is said before and after is other in every line; what a moment looks like is told by the sound around it.
    """
    begin = rng.integers(0, max(other.spectra.shape[1] - len(sound), 1))
    phase = rng.integers(PHASES)
    others = other.spectra[phase, begin : begin + len(sound)]
    heard = other.content_of(np.array(begin + phase / PHASES), np.arange(len(sound)))
    before, after = rng.integers(0, HALF - _BESIDE, 2) * (((1, 0), (0, 1), (1, 1))[rng.integers(3)])
    if len(others) < len(sound):
        return sound, content
    rows = np.arange(len(sound))[:, None]
    own = (rows >= before) & (rows < len(sound) - after)
    return np.where(own, sound, others), np.where(own, content, heard)
