"""Random stretches of an actor's takes and of other voices."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

from ..arrays import BoolArray, FloatArray

FRAMES: Final = 120
"""Of a stretch: four seconds."""


@dataclass(frozen=True)
class Line:
    """A sound that is trained on.

    Attributes:
        features: name -> (frames, ...) float32, what inference keeps of it.
        values: (frames, 52) float32 coefficients to learn: captured ones where ``captured``, else the base model's.
        captured: (frames, 52) bool.
        emotions: (8,) float32 weights.
        level: 0..1.
        is_own: whether the actor speaks, and no other voice.
    """

    features: Mapping[str, FloatArray]
    values: FloatArray
    captured: BoolArray
    emotions: FloatArray
    level: float
    is_own: bool


Batch = dict[str, Tensor]
"""Stretches of lines, items first: ``values``, ``captured``, ``emotions``, ``levels``, ``own``, and each feature."""


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
    # Mixed, so that each of several processes has some of both.
    lines = [lines[number] for number in rng.permutation(size)]
    return stretches(lines, [int(rng.integers(max(len(line.values) - FRAMES, 0) + 1)) for line in lines])


def stretches(lines: Sequence[Line], starts: Sequence[int]) -> Batch:
    """Stretches of ``FRAMES`` frames from these frames on; the last frame of a shorter line is held."""

    def cut(tracks: Iterable[FloatArray | BoolArray]) -> Tensor:
        parts = (track[start : start + FRAMES] for track, start in zip(tracks, starts, strict=True))
        held = [np.pad(part, ((0, FRAMES - len(part)), (0, 0)), mode="edge") for part in parts]
        return torch.from_numpy(np.stack(held))

    return {
        **{name: cut(line.features[name] for line in lines) for name in lines[0].features},
        "values": cut(line.values for line in lines),
        "captured": cut(line.captured for line in lines).float(),
        "emotions": torch.from_numpy(np.stack([line.emotions for line in lines])),
        "levels": torch.tensor([line.level for line in lines]),
        "own": torch.tensor([float(line.is_own) for line in lines]),
    }


def _pick(lines: Sequence[Line], count: int, rng: np.random.Generator) -> list[Line]:
    if not count:
        return []
    lengths = np.array([len(line.values) for line in lines], float)
    return [lines[number] for number in rng.choice(len(lines), count, p=lengths / lengths.sum())]
