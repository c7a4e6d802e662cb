"""Training batches: random crops of encoded lines, with phones that are told and the teacher's curves of these."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch
from torch import Tensor

from ...face.alignment import Alignment
from ...face.phones import PHONE_INDEX, PHONES, PhoneSegment
from ...inference.contract import PHONE_RATE
from ...inference.models.compact import FPS
from ...inference.models.compact_phones import heard_columns, phone_tracks
from ..arrays import FloatArray, IntArray
from ..compact.batches import draw_conditioning
from ..compact.teacher import build_score, targets_for
from .encoded import EncodedLine

CROP_FRAMES: Final = 60
_ROWS: Final = CROP_FRAMES * PHONE_RATE // FPS
_GRID: Final = 3
"""Crops begin at a frame that is also one of the phones': every third."""

_SHORTEST: Final = 0.02
"""Seconds that a told phone keeps."""

_EXACT_SHARE: Final = 0.5


@dataclass(frozen=True)
class Batch:
    """Tensors of one step; B crops of 60 frames.

    Attributes:
        activations: (B, 100, width). phones: (B, 100) class of each row.
        tracks: (B, 60, 44) of what is told. heard: (B, 60, content + 1). emotion: (B, 60, 16).
        speech: (B, 60) told, 0..1.
        emotions: (B, 60, 8). styles: (B, 60, 24). levels: (B, 60).
        values: (B, 60, 52) of the teacher, before contacts.
    """

    activations: Tensor
    phones: Tensor
    tracks: Tensor
    heard: Tensor
    emotion: Tensor
    speech: Tensor
    emotions: Tensor
    styles: Tensor
    levels: Tensor
    values: Tensor


@dataclass(frozen=True)
class Telling:
    """How what is told differs from what is said; see ``phones.toml``."""

    jitter: float = 0.0
    swaps: float = 0.0
    deaf: float = 0.0


def draw_batch(
    lines: Sequence[EncodedLine],
    size: int,
    rng: np.random.Generator,
    telling: Telling,
    probabilities: FloatArray | None = None,
) -> Batch:
    """A batch of random crops.

    Args:
        lines: to draw from, none of them ``too_short``.
        size: B.
        rng: source of the random numbers.
        telling: how what is told differs.
        probabilities: (lines,) of each line; by default all the same.
    """
    chosen = rng.choice(len(lines), size, p=probabilities)
    crops = [_crop(lines[i], rng, telling) for i in chosen]
    return Batch(**{name: torch.from_numpy(np.stack([crop[name] for crop in crops])) for name in crops[0]})


def too_short(line: EncodedLine) -> bool:
    """Whether a line is shorter than a crop."""
    return line.frames < CROP_FRAMES or len(line.activations) < _ROWS


def line_probabilities(corpora: Mapping[str, Sequence[EncodedLine]], shares: Mapping[str, float]) -> FloatArray:
    """(lines,) probability of drawing each line, in the order of the corpora; by length within a corpus."""
    parts = []
    for name, lines in corpora.items():
        lengths = np.array([line.frames for line in lines], np.float64)
        parts.append(shares[name] * lengths / lengths.sum())
    weights: FloatArray = np.concatenate(parts)
    return weights / weights.sum()


def phone_classes(phones: Sequence[PhoneSegment], first: int, count: int) -> IntArray:
    """(count,) class at each row from ``first`` on, at ``PHONE_RATE``; silence after the end."""
    ends = np.array([phone.end for phone in phones])
    places = np.searchsorted(ends, np.arange(first, first + count) / PHONE_RATE, side="right")
    names = np.array([PHONE_INDEX[phone.name] for phone in phones] + [PHONE_INDEX["SIL"]])
    classes: IntArray = names[places]
    return classes


def _crop(line: EncodedLine, rng: np.random.Generator, telling: Telling) -> dict[str, FloatArray | IntArray]:
    latest = min(line.frames - CROP_FRAMES, (len(line.activations) - _ROWS) * FPS // PHONE_RATE)
    start = int(rng.integers(0, latest // _GRID + 1)) * _GRID
    frames = slice(start, start + CROP_FRAMES)
    first = start * PHONE_RATE // FPS
    times = np.arange(start, start + CROP_FRAMES) / FPS
    told = told_phones(line.phones, rng, telling)
    conditioning = draw_conditioning(CROP_FRAMES, line.accents[frames], rng)
    targets = targets_for(build_score(told, line.levels), times, conditioning)
    heard = heard_columns(line.content[frames], line.loudness[frames])
    if rng.random() < telling.deaf:
        heard = np.zeros_like(heard)
    return {
        "activations": line.activations[first : first + _ROWS].astype(np.float32),
        "phones": phone_classes(line.phones, first, _ROWS),
        "tracks": phone_tracks(Alignment(told), times, FPS),
        "heard": heard,
        "emotion": line.emotion[frames],
        "speech": targets.speech,
        "emotions": conditioning.emotions,
        "styles": conditioning.styles,
        "levels": conditioning.levels.astype(np.float32),
        "values": targets.values.astype(np.float32),
    }


def told_phones(
    phones: tuple[PhoneSegment, ...], rng: np.random.Generator, telling: Telling
) -> tuple[PhoneSegment, ...]:
    """The phones of a line as somebody might tell them: boundaries moved, a few phones exchanged."""
    if rng.random() < _EXACT_SHARE:
        return phones
    ends = [phone.end + rng.normal(0, telling.jitter) for phone in phones[:-1]] + [phones[-1].end]
    told = []
    clock = 0.0
    for phone, end in zip(phones, ends, strict=True):
        end = max(end, clock + _SHORTEST)
        swapped = phone.name != "SIL" and rng.random() < telling.swaps
        name = PHONES[int(rng.integers(1, len(PHONES)))] if swapped else phone.name
        told.append(replace(phone, name=name, start=clock, end=end))
        clock = end
    return tuple(told)
