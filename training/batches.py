"""Training batches: crops of lines, each warped, prosody_input anew and targets in another conditioning."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import torch
from torch import Tensor

from ..face.emotions import EMOTIONS
from ..face.styles import STYLES
from ..inference.models.compact import COARSE_BANDS, FPS
from ..inference.sound.log_mel import BANDS, PITCH_BINS, compressed
from .augmentation import room_tone, vary
from .corpus import MEL_RATE, CorpusLine
from .phones import PHONE_INDEX
from .prosody import RATE
from .sounds.interruptions import interrupt, pick_sound
from .sounds.nonverbal import SoundFeatures
from .teacher import Conditioning, Targets, read_score, targets_for

CROP_FRAMES: Final = 120
_MEL_FRAMES: Final = 408
_PROSODY_FRAMES: Final = 102
_CONTENT_FRAMES: Final = _MEL_FRAMES // 2
_MEL_OF_FRAMES: Final = (np.arange(CROP_FRAMES) * MEL_RATE / FPS).astype(int)
_LEAD: Final = 0.4
_ROOM_TONE_SHARE: Final = 0.04
_SOUND_SHARE: Final = 0.12
"""Of the crops: in so many a sound that is no speech interrupts the line."""

_ALONE_SHARE: Final = 0.35
"""Of those: in so many the sound is all that there is, and decides on its level and colour."""


@dataclass(frozen=True)
class Batch:
    """Tensors of one step; B crops of 120 frames.

    Attributes:
        mel: (B, 408, 64). prosody_input: (B, 102, 40).
        emotions: (B, 120, 8). styles: (B, 120, 24). levels: (B, 120).
        values: (B, 120, 52) before contacts. signals: (B, 120, 4) press, touch, speaking, laughing.
        phones: (B, 204) class at each content frame. prosody: (B, 102, 2).
    """

    mel: Tensor
    prosody_input: Tensor
    emotions: Tensor
    styles: Tensor
    levels: Tensor
    values: Tensor
    signals: Tensor
    phones: Tensor
    prosody: Tensor


@dataclass
class Crop:
    """Four seconds of a line: what is prosody_input, and what a face should do.

    Attributes:
        mel: (408, 64). prosody_input: (102, 40).
        conditioning, targets: as the teacher takes and gives them, 120 frames.
        laughing: (120,) 0..1.
        phones: (204,). prosody: (102, 2).
    """

    mel: np.ndarray
    prosody_input: np.ndarray
    conditioning: Conditioning
    targets: Targets
    laughing: np.ndarray
    phones: np.ndarray
    prosody: np.ndarray

    def signals(self) -> np.ndarray:
        """(120, 4) in the order of ``compact.SIGNALS``."""
        return np.stack([self.targets.press, self.targets.touch, self.targets.speaking, self.laughing], axis=1)


def draw_batch(
    lines: Sequence[CorpusLine],
    size: int,
    rng: np.random.Generator,
    chances: np.ndarray | None = None,
    augment: bool = True,
    sounds: Sequence[SoundFeatures] = (),
) -> Batch:
    """A batch of random crops of lines.

    Args:
        lines: to draw from.
        size: B.
        rng: decides.
        chances: (lines,) how often each is drawn, by default in proportion to its length; see ``line_chances``.
        augment: hear the crops through other rooms, voices and microphones, some of them interrupted by other sounds.
        sounds: recorded sounds that are no speech, beside those that are drawn.
    """
    chosen = rng.choice(len(lines), size, p=_by_length(lines) if chances is None else chances)
    crops = [_crop(lines[i], rng, augment) for i in chosen]
    if augment:
        for i in np.flatnonzero(rng.random(size) < _SOUND_SHARE):
            alone = rng.random() < _ALONE_SHARE
            crop = _emptied(crops[i], np.tile(_floor(), (_MEL_FRAMES, 1))) if alone else crops[i]
            crops[i] = _interrupted(crop, pick_sound(sounds, rng), rng)
        for crop, mel in zip(crops, vary(np.stack([crop.mel for crop in crops]), rng), strict=True):
            crop.mel = mel
        for i in np.flatnonzero(rng.random(size) < _ROOM_TONE_SHARE):
            crops[i] = _emptied(crops[i], room_tone(_MEL_FRAMES, rng))
    mel, prosody_input = np.stack([crop.mel for crop in crops]), np.stack([crop.prosody_input for crop in crops])
    prosody_input[:, :, PITCH_BINS:] = _coarse(mel)

    def tensor(rows: Iterable[np.ndarray], kind: type = np.float32) -> Tensor:
        return torch.from_numpy(np.stack(list(rows)).astype(kind))

    return Batch(
        torch.from_numpy(mel),
        torch.from_numpy(prosody_input),
        tensor(crop.conditioning.emotions for crop in crops),
        tensor(crop.conditioning.styles for crop in crops),
        tensor(crop.conditioning.levels for crop in crops),
        tensor(crop.targets.values for crop in crops),
        tensor(crop.signals() for crop in crops),
        tensor((crop.phones for crop in crops), np.int64),
        tensor(crop.prosody for crop in crops),
    )


def line_chances(corpora: Mapping[str, Sequence[CorpusLine]], shares: Mapping[str, float]) -> np.ndarray:
    """(lines,) how often each line is drawn, in the order of the corpora.

    Args:
        corpora: lines by the name of their corpus.
        shares: of the crops, for each corpus; between those that are there they are scaled to 1.
    """
    chances = np.concatenate([shares[name] * _by_length(lines) for name, lines in corpora.items()])
    return chances / chances.sum()


def _by_length(lines: Sequence[CorpusLine]) -> np.ndarray:
    lengths = np.array([line.seconds for line in lines])
    return lengths / lengths.sum()


def draw_conditioning(frames: int, accents: np.ndarray, rng: np.random.Generator) -> Conditioning:
    """A random mixture of styles, level and emotions, each sometimes changing along the way."""
    styles = np.zeros((frames, len(STYLES)), np.float32)
    first, second = rng.integers(0, len(STYLES), 2)
    blend = rng.random() if rng.random() < 0.3 else 0.0
    styles[:, first] += 1 - blend
    styles[:, second] += blend
    emotions = np.zeros((frames, len(EMOTIONS)), np.float32)
    kind = rng.random()
    if kind > 0.4:
        emotions[:, rng.integers(0, len(EMOTIONS))] = _path(frames, 1.4, rng)
    if kind > 0.8:
        emotions[:, rng.integers(0, len(EMOTIONS))] += _path(frames, 0.6, rng)
    return Conditioning(styles, _path(frames, 1.0, rng), np.minimum(emotions, 1.5), accents)


def _path(frames: int, largest: float, rng: np.random.Generator) -> np.ndarray:
    ends = rng.uniform(0, largest, 2)
    if rng.random() < 0.6:
        ends[1] = ends[0]
    return np.linspace(*ends, frames).astype(np.float32)


def _crop(line: CorpusLine, rng: np.random.Generator, augment: bool) -> Crop:
    pace = float(np.exp(rng.uniform(-0.3, 0.3))) if augment and rng.random() < 0.7 else 1.0
    score = line.score.scaled(pace)
    latest = max(line.seconds * pace - CROP_FRAMES / FPS + _LEAD, -_LEAD)
    start = round(rng.uniform(-_LEAD, max(latest, 0)), 2)
    times = start + np.arange(CROP_FRAMES) / FPS
    mel = _rows_at(line.mel, (start * MEL_RATE + np.arange(_MEL_FRAMES)) / pace, _floor())
    at = (start * RATE + np.arange(_PROSODY_FRAMES)) / pace
    prosody_input = _rows_at(line.prosody_input, at, np.zeros(PITCH_BINS + COARSE_BANDS, np.float32))
    prosody = _rows_at(line.prosody, at, np.zeros(2, np.float32))
    accents = np.interp(times / pace * RATE, np.arange(len(line.accents)), line.accents)
    conditioning = draw_conditioning(CROP_FRAMES, accents, rng)
    ends = np.array([phone.end for phone in line.phones])
    places = np.searchsorted(ends, (start + np.arange(_CONTENT_FRAMES) / 50) / pace)
    names = [phone.name for phone in line.phones] + ["SIL"]
    outside = (start + np.arange(_CONTENT_FRAMES) / 50) < 0
    phones = np.array([PHONE_INDEX[names[i]] for i in places])
    phones[outside] = PHONE_INDEX["SIL"]
    nobody = np.zeros(CROP_FRAMES, np.float32)
    return Crop(mel, prosody_input, conditioning, targets_for(score, times, conditioning), nobody, phones, prosody)


def _interrupted(crop: Crop, sound: SoundFeatures, rng: np.random.Generator) -> Crop:
    """A crop in which a sound takes the place of a part of the line; the mouth rests meanwhile."""
    mel, prosody_input = crop.mel.copy(), crop.prosody_input.copy()
    instead, laughing = interrupt(mel, prosody_input, sound, rng)
    targets = _silenced(crop.targets, crop.conditioning, instead[_MEL_OF_FRAMES])
    phones = np.where(instead[::2] > 0, PHONE_INDEX["SIL"], crop.phones)
    return Crop(mel, prosody_input, crop.conditioning, targets, laughing[_MEL_OF_FRAMES], phones, crop.prosody)


def _emptied(crop: Crop, mel: np.ndarray) -> Crop:
    """The same face with nothing to say, in a room in which nobody speaks."""
    silent = np.full(_CONTENT_FRAMES, PHONE_INDEX["SIL"])
    nobody = np.zeros(CROP_FRAMES, np.float32)
    return Crop(
        mel, crop.prosody_input, crop.conditioning, _silent_targets(crop.conditioning), nobody, silent, crop.prosody
    )


def _silent_targets(conditioning: Conditioning) -> Targets:
    frames = len(conditioning.levels)
    silent = Conditioning(conditioning.styles, conditioning.levels, conditioning.emotions, np.zeros(frames))
    return targets_for(read_score(()), np.arange(frames) / FPS, silent)


def _silenced(targets: Targets, conditioning: Conditioning, instead: np.ndarray) -> Targets:
    """A performance that rests wherever something else is prosody_input."""
    silence, where = _silent_targets(conditioning), instead > 0
    parts = {}
    for part in fields(Targets):
        spoken = getattr(targets, part.name)
        parts[part.name] = np.where(where[:, None] if spoken.ndim > 1 else where, getattr(silence, part.name), spoken)
    return Targets(**parts)


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
    return around.reshape(len(mel), _PROSODY_FRAMES, 4, COARSE_BANDS, BANDS // COARSE_BANDS).mean(axis=(2, 4))
