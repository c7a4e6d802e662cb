"""Random stretches of takes, alone and in pairs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...inference.contract import SAMPLE_RATE
from ...inference.models.emotalk import FPS
from ...inference.models.wav2vec2 import zero_mean_unit_variance
from ..arrays import FloatArray
from ..captures.take import Take
from .pairing import Pair


@dataclass(frozen=True)
class Sounding:
    """A take as training draws from it.

    Attributes:
        samples: (N,) float32 of mean 0 and variance 1.
        values: (frames, 52) float32 at the network's rate.
        emotion: number of its class.
        level: 0..1.
    """

    samples: FloatArray
    values: FloatArray
    emotion: int
    level: float


@dataclass(frozen=True)
class WarpedPair:
    """A pair with the captured curves of its target in the time of its content.

    Attributes:
        content, emotion: numbers of takes, see ``pairing.Pair``.
        values: (frames, 52) float32.
    """

    content: int
    emotion: int
    values: FloatArray


@dataclass(frozen=True)
class Batch:
    """Stretches, items first: one sound for its content, another for its emotion; T frames, N samples.

    Attributes:
        content, emotion: (B, N) sounds.
        own: (B, T, 52) captured with the first sound.
        crossed: (B, T, 52) its content as it was captured in the other's emotion; 0 where ``paired`` is.
        paired: (B,) 1 if there is such a capture.
        levels: (B, 2) of both sounds.
        classes: (B, 2) emotions of both sounds.
    """

    content: Tensor
    emotion: Tensor
    own: Tensor
    crossed: Tensor
    paired: Tensor
    levels: Tensor
    classes: Tensor


def prepare(takes: Sequence[Take], emotions: Sequence[str]) -> list[Sounding]:
    """Takes ready to be drawn from; their emotions are numbered as in ``emotions``."""
    return [
        Sounding(
            zero_mean_unit_variance(take.speech.samples),
            take.curves.resampled(FPS).values,
            emotions.index(take.labels.emotion),
            take.labels.level,
        )
        for take in takes
    ]


def warp(pairs: Sequence[Pair], takes: Sequence[Sounding]) -> list[WarpedPair]:
    """Bring the targets of pairs into the time of their contents."""
    return [
        WarpedPair(
            pair.content,
            pair.emotion,
            pair.alignment.warp(takes[pair.target].values, FPS, len(takes[pair.content].values)),
        )
        for pair in pairs
    ]


def draw_batch(
    takes: Sequence[Sounding], pairs: Sequence[WarpedPair], size: int, frames: int, rng: np.random.Generator
) -> Batch:
    """Random stretches: of pairs if there are any, else of single takes."""
    items = [_paired(takes, pairs[rng.integers(len(pairs))], frames, rng) for _ in range(size if pairs else 0)]
    items += [_alone(takes, frames, rng) for _ in range(size - len(items))]
    columns = zip(*items, strict=True)
    return Batch(*(torch.from_numpy(np.stack(column)) for column in columns))


def _alone(takes: Sequence[Sounding], frames: int, rng: np.random.Generator) -> tuple[Any, ...]:
    lengths = np.array([len(take.values) for take in takes], float)
    take = takes[rng.choice(len(takes), p=lengths / lengths.sum())]
    start = _start(take, frames, rng)
    sound, own = _sound(take, start, frames), _rows(take.values, start, frames)
    return _item(take, take, sound, sound, own, np.zeros_like(own), 0.0)


def _paired(takes: Sequence[Sounding], pair: WarpedPair, frames: int, rng: np.random.Generator) -> tuple[Any, ...]:
    content, emotion = takes[pair.content], takes[pair.emotion]
    start = _start(content, frames, rng)
    sounds = _sound(content, start, frames), _sound(emotion, _start(emotion, frames, rng), frames)
    crossed = _rows(pair.values, start, frames)
    return _item(content, emotion, *sounds, _rows(content.values, start, frames), crossed, 1.0)


def _item(
    first: Sounding,
    second: Sounding,
    content: FloatArray,
    emotion: FloatArray,
    own: FloatArray,
    crossed: FloatArray,
    paired: float,
) -> tuple[Any, ...]:
    """One item in the order of ``Batch``."""
    levels = np.array([first.level, second.level], np.float32)
    return content, emotion, own, crossed, np.float32(paired), levels, np.array([first.emotion, second.emotion])


def _start(take: Sounding, frames: int, rng: np.random.Generator) -> int:
    return int(rng.integers(max(len(take.values) - frames, 0) + 1))


def _sound(take: Sounding, start: int, frames: int) -> FloatArray:
    """The samples of a stretch; silence after the end."""
    first, count = round(start * SAMPLE_RATE / FPS), round(frames * SAMPLE_RATE / FPS)
    sound = take.samples[first : first + count]
    return np.pad(sound, (0, count - len(sound)))


def _rows(values: FloatArray, start: int, frames: int) -> FloatArray:
    """The curves of a stretch; the last frame is held."""
    rows = values[start : start + frames]
    return np.pad(rows, ((0, frames - len(rows)), (0, 0)), mode="edge")
