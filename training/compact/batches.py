"""Training batches: random crops of lines, augmented, with targets for a random conditioning."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import torch
from torch import Tensor

from ...face.emotions import EMOTIONS
from ...face.phones import PHONE_INDEX
from ...face.styles import STYLES
from ...inference.models.compact import COARSE_BANDS, FPS
from ...inference.sound.log_mel import BANDS, PITCH_BINS, compressed
from ..arrays import FloatArray, IntArray
from ..sounds.interruptions import interrupt, pick_sound
from ..sounds.nonverbal import SoundFeatures
from .augmentation import augment_mel, room_tone
from .corpus import MEL_RATE, CorpusLine
from .prosody import RATE
from .teacher import Conditioning, Targets, build_score, targets_for

CROP_FRAMES: Final = 120
_MEL_FRAMES: Final = 408
_PROSODY_FRAMES: Final = 102
_CONTENT_FRAMES: Final = _MEL_FRAMES // 2
_MEL_OF_FRAMES: Final = (np.arange(CROP_FRAMES) * MEL_RATE / FPS).astype(int)
_LEAD: Final = 0.4
_ROOM_TONE_SHARE: Final = 0.04
_SOUND_SHARE: Final = 0.12
"""Share of the crops in which a non-speech sound interrupts the line."""

_SOUND_ONLY_SHARE: Final = 0.35
"""Share of those in which the crop holds the sound alone, without the line."""


@dataclass(frozen=True)
class Batch:
    """Tensors of one step; B crops of 120 frames.

    Attributes:
        mel: (B, 408, 64). prosody_input: (B, 102, 40).
        emotions: (B, 120, 8). styles: (B, 120, 24). levels: (B, 120).
        values: (B, 120, 52) before contacts.
        signals: (B, 120, 4) in the order of ``compact.SIGNALS``: bilabial, labiodental, speech, laughter.
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
    """Four seconds of a line: the network's inputs and its targets.

    Attributes:
        mel: (408, 64). prosody_input: (102, 40).
        conditioning, targets: of the teacher, 120 frames.
        laughter: (120,) 0..1.
        phones: (204,). prosody: (102, 2).
    """

    mel: FloatArray
    prosody_input: FloatArray
    conditioning: Conditioning
    targets: Targets
    laughter: FloatArray
    phones: IntArray
    prosody: FloatArray

    def signals(self) -> FloatArray:
        """(120, 4) in the order of ``compact.SIGNALS``."""
        targets = self.targets
        return np.stack([targets.bilabial, targets.labiodental, targets.speech, self.laughter], axis=1)


def draw_batch(
    lines: Sequence[CorpusLine],
    size: int,
    rng: np.random.Generator,
    weights: FloatArray | None = None,
    augment: bool = True,
    sounds: Sequence[SoundFeatures] = (),
) -> Batch:
    """A batch of random crops of lines.

    Args:
        lines: to draw from.
        size: B.
        rng: source of the random numbers.
        weights: (lines,) probability of each line, by default in proportion to its length; see ``sampling_weights``.
        augment: change pace, voice, room and microphone of the crops, and insert other sounds into some of them.
        sounds: recorded non-speech sounds, used beside synthetic ones.
    """
    chosen = rng.choice(len(lines), size, p=_by_length(lines) if weights is None else weights)
    crops = [_crop(lines[i], rng, augment) for i in chosen]
    if augment:
        for i in np.flatnonzero(rng.random(size) < _SOUND_SHARE):
            sound_only = rng.random() < _SOUND_ONLY_SHARE
            crop = _replace_sound(crops[i], np.tile(_floor(), (_MEL_FRAMES, 1))) if sound_only else crops[i]
            crops[i] = _insert_sound(crop, pick_sound(sounds, rng), rng)
        for crop, mel in zip(crops, augment_mel(np.stack([crop.mel for crop in crops]), rng), strict=True):
            crop.mel = mel
        for i in np.flatnonzero(rng.random(size) < _ROOM_TONE_SHARE):
            crops[i] = _replace_sound(crops[i], room_tone(_MEL_FRAMES, rng))
    mel, prosody_input = np.stack([crop.mel for crop in crops]), np.stack([crop.prosody_input for crop in crops])
    prosody_input[:, :, PITCH_BINS:] = _coarse(mel)

    def tensor(rows: Iterable[FloatArray | IntArray], dtype: type[np.generic] = np.float32) -> Tensor:
        return torch.from_numpy(np.stack(list(rows)).astype(dtype))

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


def sampling_weights(corpora: Mapping[str, Sequence[CorpusLine]], shares: Mapping[str, float]) -> FloatArray:
    """(lines,) probability of drawing each line, in the order of the corpora.

    Args:
        corpora: lines by the name of their corpus.
        shares: share of the crops by corpus; scaled so that those of the given corpora sum to 1.
    """
    weights: FloatArray = np.concatenate([shares[name] * _by_length(lines) for name, lines in corpora.items()])
    weights /= weights.sum()
    return weights


def _by_length(lines: Sequence[CorpusLine]) -> FloatArray:
    lengths = np.array([line.seconds for line in lines], np.float64)
    lengths /= lengths.sum()
    return lengths


def draw_conditioning(frames: int, accents: FloatArray, rng: np.random.Generator) -> Conditioning:
    """Random styles (sometimes a blend of two), level and emotions; level and emotions may change over the frames."""
    styles = np.zeros((frames, len(STYLES)), np.float32)
    first, second = rng.integers(0, len(STYLES), 2)
    blend = rng.random() if rng.random() < 0.3 else 0.0
    styles[:, first] += 1 - blend
    styles[:, second] += blend
    emotions = np.zeros((frames, len(EMOTIONS)), np.float32)
    draw = rng.random()
    if draw > 0.4:
        emotions[:, rng.integers(0, len(EMOTIONS))] = _draw_track(frames, 1.4, rng)
    if draw > 0.8:
        emotions[:, rng.integers(0, len(EMOTIONS))] += _draw_track(frames, 0.6, rng)
    return Conditioning(styles, _draw_track(frames, 1.0, rng), np.minimum(emotions, 1.5), accents)


def _draw_track(frames: int, largest: float, rng: np.random.Generator) -> FloatArray:
    """(frames,) a constant or a straight line between two random values."""
    first, last = rng.uniform(0, largest, 2)
    if rng.random() < 0.6:
        last = first
    return np.linspace(float(first), float(last), frames).astype(np.float32)


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
    no_laughter = np.zeros(CROP_FRAMES, np.float32)
    return Crop(mel, prosody_input, conditioning, targets_for(score, times, conditioning), no_laughter, phones, prosody)


def _insert_sound(crop: Crop, sound: SoundFeatures, rng: np.random.Generator) -> Crop:
    """The crop with a non-speech sound in place of a part of the line; the mouth rests there."""
    mel, prosody_input = crop.mel.copy(), crop.prosody_input.copy()
    replaced, laughter = interrupt(mel, prosody_input, sound, rng)
    targets = _silence_targets(crop.targets, crop.conditioning, replaced[_MEL_OF_FRAMES])
    phones = np.where(replaced[::2] > 0, PHONE_INDEX["SIL"], crop.phones)
    return Crop(mel, prosody_input, crop.conditioning, targets, laughter[_MEL_OF_FRAMES], phones, crop.prosody)


def _replace_sound(crop: Crop, mel: FloatArray) -> Crop:
    """The crop with other sound and the targets of silence."""
    silent = np.full(_CONTENT_FRAMES, PHONE_INDEX["SIL"])
    no_laughter = np.zeros(CROP_FRAMES, np.float32)
    return Crop(
        mel,
        crop.prosody_input,
        crop.conditioning,
        _silent_targets(crop.conditioning),
        no_laughter,
        silent,
        crop.prosody,
    )


def _silent_targets(conditioning: Conditioning) -> Targets:
    frames = len(conditioning.levels)
    silent = Conditioning(conditioning.styles, conditioning.levels, conditioning.emotions, np.zeros(frames))
    return targets_for(build_score(()), np.arange(frames) / FPS, silent)


def _silence_targets(targets: Targets, conditioning: Conditioning, replaced: FloatArray) -> Targets:
    """The targets with those of silence wherever the line was replaced."""
    silence, where = _silent_targets(conditioning), replaced > 0
    parts: dict[str, FloatArray] = {}
    for part in fields(Targets):
        spoken: FloatArray = getattr(targets, part.name)
        parts[part.name] = np.where(where[:, None] if spoken.ndim > 1 else where, getattr(silence, part.name), spoken)
    return Targets(**parts)


def _rows_at(rows: FloatArray, position: FloatArray, outside: FloatArray) -> FloatArray:
    """Rows linearly interpolated at fractional positions; ``outside`` before the first and after the last one."""
    below = np.floor(position).astype(int)
    part = (position - below)[:, None].astype(np.float32)
    last = len(rows) - 1
    lower = rows[np.clip(below, 0, last)].astype(np.float32)
    upper = rows[np.clip(below + 1, 0, last)].astype(np.float32)
    inside = (position >= 0) & (position <= last)
    return np.where(inside[:, None], lower * (1 - part) + upper * part, outside).astype(np.float32)


def _floor() -> FloatArray:
    """(64,) log-mel of digital silence."""
    return compressed(np.zeros(BANDS, np.float32))


def _coarse(mel: FloatArray) -> FloatArray:
    """(B, 102, 16) coarse bands of (B, 408, 64) log-mel, as ``inference.models.compact.prosody`` computes them."""
    around = np.roll(mel, 2, axis=1)
    around[:, :2] = mel[:, :1]
    grouped = around.reshape(len(mel), _PROSODY_FRAMES, 4, COARSE_BANDS, BANDS // COARSE_BANDS)
    coarse: FloatArray = grouped.mean(axis=(2, 4))
    return coarse
