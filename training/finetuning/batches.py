"""Random stretches of an actor's takes and of other voices."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

from ..arrays import BoolArray, FloatArray
from .compact_network import Heard
from .hearing import STEP, content_rows

FRAMES: Final = 126
"""Of a stretch: 4.2 s, a multiple of ``hearing.STEP``."""


@dataclass(frozen=True)
class Line:
    """A sound that is trained on, at least ``FRAMES`` long.

    Attributes:
        heard: of the sound.
        values: (frames, 52) float32 coefficients to learn: captured ones where ``captured``, else the base model's.
        captured: (frames, 52) bool.
        signals: (frames, signals) float32 logits of the base model.
        emotions: (8,) float32 weights.
        level: 0..1.
        is_own: whether the actor speaks, and no other voice.
    """

    heard: Heard
    values: FloatArray
    captured: BoolArray
    signals: FloatArray
    emotions: FloatArray
    level: float
    is_own: bool


@dataclass(frozen=True)
class Batch:
    """Stretches of lines, items first; shapes as in ``Line``."""

    rows: Tensor
    emotion: Tensor
    values: Tensor
    captured: Tensor
    signals: Tensor
    emotions: Tensor
    levels: Tensor
    own: Tensor


def draw_batch(own: Sequence[Line], others: Sequence[Line], size: int, share: float, rng: np.random.Generator) -> Batch:
    """Random stretches: each moment of the takes is as likely as any other, and so is each of the other voices'.

    Args:
        own: the actor's takes.
        others: other voices; may be empty.
        size: items.
        share: of the items, for other voices.
        rng: of this step.
    """
    count = round(share * size) if others else 0
    lines = [*_pick(own, size - count, rng), *_pick(others, count, rng)]
    return stretches(lines, [_start(line, rng) for line in lines])


def stretches(lines: Sequence[Line], starts: Sequence[int]) -> Batch:
    """Stretches of ``FRAMES`` frames that begin at these frames, multiples of ``hearing.STEP``."""
    places = list(zip(lines, starts, strict=True))

    def cut(name: str) -> Tensor:
        return torch.from_numpy(np.stack([getattr(line, name)[start : start + FRAMES] for line, start in places]))

    return Batch(
        rows=torch.from_numpy(np.stack([rows_of(line.heard, start, FRAMES) for line, start in places])),
        emotion=torch.from_numpy(np.stack([line.heard.emotion[start : start + FRAMES] for line, start in places])),
        values=cut("values"),
        captured=cut("captured").float(),
        signals=cut("signals"),
        emotions=torch.from_numpy(np.stack([line.emotions for line, _ in places])),
        levels=torch.tensor([line.level for line, _ in places]),
        own=torch.tensor([float(line.is_own) for line, _ in places]),
    )


def rows_of(heard: Heard, start: int, frames: int) -> FloatArray:
    """The hidden rows that a stretch of frames needs, with their reach to both sides."""
    around = len(heard.rows) - content_rows(len(heard.emotion))
    first = start // STEP * 5
    return heard.rows[first : first + content_rows(frames) + around]


def _pick(lines: Sequence[Line], count: int, rng: np.random.Generator) -> list[Line]:
    if not count:
        return []
    lengths = np.array([len(line.values) for line in lines], float)
    return [lines[number] for number in rng.choice(len(lines), count, p=lengths / lengths.sum())]


def _start(line: Line, rng: np.random.Generator) -> int:
    return int(rng.integers((len(line.values) - FRAMES) // STEP + 1)) * STEP
