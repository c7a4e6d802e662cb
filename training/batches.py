"""Training batches: crops of lines, each warped, heard anew and performed in another manner."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

from ..face.emotions import EMOTIONS
from ..face.styles import STYLES
from ..inference.log_mel import BANDS, PITCH_BINS, compressed
from ..inference.models.compact import COARSE_BANDS, FPS
from .augmentation import room_tone, vary
from .corpus import MEL_RATE, HeardLine
from .phones import PHONE_INDEX
from .prosody import RATE
from .teacher import Manner, Performed, perform, read_score

CROP_FRAMES: Final = 120
_MEL_FRAMES: Final = 408
_HEARD_FRAMES: Final = 102
_CONTENT_FRAMES: Final = _MEL_FRAMES // 2
_LEAD: Final = 0.4
_ROOM_TONE_SHARE: Final = 0.04


@dataclass(frozen=True)
class Batch:
    """Tensors of one step; B crops of 120 frames.

    Attributes:
        mel: (B, 408, 64). heard: (B, 102, 40).
        emotions: (B, 120, 8). styles: (B, 120, 24). levels: (B, 120).
        values: (B, 120, 52) before contacts. signals: (B, 120, 3) press, touch, speaking.
        phones: (B, 204) class at each content frame. prosody: (B, 102, 2).
    """

    mel: Tensor
    heard: Tensor
    emotions: Tensor
    styles: Tensor
    levels: Tensor
    values: Tensor
    signals: Tensor
    phones: Tensor
    prosody: Tensor


def draw_batch(lines: list[HeardLine], size: int, dice: np.random.Generator, augment: bool = True) -> Batch:
    """A batch of random crops of lines drawn in proportion to their length."""
    lengths = np.array([line.seconds for line in lines])
    chosen = dice.choice(len(lines), size, p=lengths / lengths.sum())
    crops = [_crop(lines[i], dice, augment) for i in chosen]
    mel, heard, manners, performed, phones, prosody = zip(*crops, strict=True)
    mel = np.stack(mel)
    if augment:
        mel = vary(mel, dice)
        performed, phones = list(performed), list(phones)
        for i in np.flatnonzero(dice.random(size) < _ROOM_TONE_SHARE):
            mel[i] = room_tone(_MEL_FRAMES, dice)
            performed[i] = _performed_silence(manners[i])
            phones[i] = np.full(_CONTENT_FRAMES, PHONE_INDEX["SIL"])
    heard = np.stack(heard)
    heard[:, :, PITCH_BINS:] = _coarse(mel)

    def tensor(rows: list[np.ndarray], kind: type = np.float32) -> Tensor:
        return torch.from_numpy(np.stack(rows).astype(kind))

    return Batch(
        torch.from_numpy(mel),
        torch.from_numpy(heard),
        tensor([m.emotions for m in manners]),
        tensor([m.styles for m in manners]),
        tensor([m.levels for m in manners]),
        tensor([p.values for p in performed]),
        tensor([np.stack([p.press, p.touch, p.speaking], axis=1) for p in performed]),
        tensor(phones, np.int64),
        tensor(prosody),
    )


def draw_manner(frames: int, accents: np.ndarray, dice: np.random.Generator) -> Manner:
    """A random mixture of styles, level and emotions, each sometimes changing along the way."""
    styles = np.zeros((frames, len(STYLES)), np.float32)
    first, second = dice.integers(0, len(STYLES), 2)
    blend = dice.random() if dice.random() < 0.3 else 0.0
    styles[:, first] += 1 - blend
    styles[:, second] += blend
    emotions = np.zeros((frames, len(EMOTIONS)), np.float32)
    kind = dice.random()
    if kind > 0.4:
        emotions[:, dice.integers(0, len(EMOTIONS))] = _path(frames, 1.4, dice)
    if kind > 0.8:
        emotions[:, dice.integers(0, len(EMOTIONS))] += _path(frames, 0.6, dice)
    return Manner(styles, _path(frames, 1.0, dice), np.minimum(emotions, 1.5), accents)


def _path(frames: int, largest: float, dice: np.random.Generator) -> np.ndarray:
    ends = dice.uniform(0, largest, 2)
    if dice.random() < 0.6:
        ends[1] = ends[0]
    return np.linspace(*ends, frames).astype(np.float32)


def _crop(line: HeardLine, dice: np.random.Generator, augment: bool) -> tuple:
    pace = float(np.exp(dice.uniform(-0.22, 0.22))) if augment and dice.random() < 0.5 else 1.0
    score = line.score.scaled(pace)
    latest = max(line.seconds * pace - CROP_FRAMES / FPS + _LEAD, -_LEAD)
    start = round(dice.uniform(-_LEAD, max(latest, 0)), 2)
    times = start + np.arange(CROP_FRAMES) / FPS
    mel = _rows_at(line.mel, (start * MEL_RATE + np.arange(_MEL_FRAMES)) / pace, _floor())
    at = (start * RATE + np.arange(_HEARD_FRAMES)) / pace
    heard = _rows_at(line.heard, at, np.zeros(PITCH_BINS + COARSE_BANDS, np.float32))
    prosody = _rows_at(line.prosody, at, np.zeros(2, np.float32))
    accents = np.interp(times / pace * RATE, np.arange(len(line.accents)), line.accents)
    manner = draw_manner(CROP_FRAMES, accents, dice)
    ends = np.array([phone.end for phone in line.phones])
    places = np.searchsorted(ends, (start + np.arange(_CONTENT_FRAMES) / 50) / pace)
    names = [phone.name for phone in line.phones] + ["SIL"]
    outside = (start + np.arange(_CONTENT_FRAMES) / 50) < 0
    phones = np.array([PHONE_INDEX[names[i]] for i in places])
    phones[outside] = PHONE_INDEX["SIL"]
    return mel, heard, manner, perform(score, times, manner), phones, prosody


def _performed_silence(manner: Manner) -> Performed:
    frames = len(manner.levels)
    silent = Manner(manner.styles, manner.levels, manner.emotions, np.zeros(frames))
    return perform(read_score(()), np.arange(frames) / FPS, silent)


def _rows_at(rows: np.ndarray, position: np.ndarray, outside: np.ndarray) -> np.ndarray:
    """Rows read between whole numbers; other rows stand before the first and after the last one."""
    below = np.floor(position).astype(int)
    part = (position - below)[:, None].astype(np.float32)
    last = len(rows) - 1
    lower = rows[np.clip(below, 0, last)].astype(np.float32)
    upper = rows[np.clip(below + 1, 0, last)].astype(np.float32)
    inside = (position >= 0) & (position <= last)
    return np.where(inside[:, None], lower * (1 - part) + upper * part, outside).astype(np.float32)


def _floor() -> np.ndarray:
    return compressed(np.zeros(BANDS, np.float32))


def _coarse(mel: np.ndarray) -> np.ndarray:
    """Coarse bands of (B, 408, 64) log-mel around each frame at 25 Hz, as the runtime takes them."""
    around = np.roll(mel, 2, axis=1)
    around[:, :2] = mel[:, :1]
    return around.reshape(len(mel), _HEARD_FRAMES, 4, COARSE_BANDS, BANDS // COARSE_BANDS).mean(axis=(2, 4))
