"""Spoken lines with a laugh in them: spliced in between two phones, or over the speech."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ...face.phones import PhoneSegment
from ...inference.contract import SAMPLE_RATE
from ..arrays import FloatArray
from ..compact.spoken_line import SpokenLine
from ..recordings.sound_files import as_floats
from .laughs import Laugh, Span

_FADE: Final = SAMPLE_RATE // 100


@dataclass(frozen=True)
class LaughingLine:
    """A line with laughs.

    Attributes:
        samples: (n,) float32 at 16 kHz.
        phones: of the speech, without gaps, to the end of the sound.
        laughs: their bouts and calls at their times in the line.
    """

    samples: FloatArray
    phones: tuple[PhoneSegment, ...]
    laughs: tuple[Laugh, ...] = ()

    @property
    def seconds(self) -> float:
        """Its length."""
        return len(self.samples) / SAMPLE_RATE

    @property
    def bouts(self) -> tuple[Span, ...]:
        """Of all laughs."""
        return tuple(bout for laugh in self.laughs for bout in laugh.bouts)


def plain(line: SpokenLine) -> LaughingLine:
    """A line without a laugh."""
    return LaughingLine(as_floats(line.samples), line.phones)


def splice(line: LaughingLine, laugh: Laugh, seconds: float, decibels: float) -> LaughingLine:
    """Put a laugh between two phones.

    Args:
        line: to laugh in.
        laugh: whole.
        seconds: the laugh comes at the boundary of phones nearest to this time.
        decibels: level of the laugh above that of the speech.
    """
    boundaries = np.array([0.0, *(phone.end for phone in line.phones)])
    at = float(boundaries[np.abs(boundaries - seconds).argmin()])
    place = round(at * SAMPLE_RATE)
    before = tuple(phone for phone in line.phones if phone.end <= at + 1e-6)
    after = (replace(p, start=p.start + laugh.seconds, end=p.end + laugh.seconds) for p in line.phones[len(before) :])
    phones = (*before, PhoneSegment("SIL", at, at + laugh.seconds), *after)
    sound = _faded(_levelled(laugh.samples, line.samples, decibels))
    samples = np.concatenate([line.samples[:place], sound, line.samples[place:]])
    end = len(samples) / SAMPLE_RATE
    return LaughingLine(samples, phones, (*_later(line.laughs, at, laugh.seconds, end), laugh.moved(at, end)))


def overlap(line: LaughingLine, laugh: Laugh, seconds: float, decibels: float) -> LaughingLine:
    """Laugh over the speech from a time on, up to the end of the line at most.

    Args:
        line: to laugh in.
        laugh: to be heard over it.
        seconds: when it begins.
        decibels: level of the laugh above that of the speech.
    """
    samples = line.samples.copy()
    place = round(seconds * SAMPLE_RATE)
    sound = _levelled(laugh.samples, line.samples, decibels)[: len(samples) - place]
    samples[place : place + len(sound)] += _faded(sound)
    return LaughingLine(samples, line.phones, (*line.laughs, laugh.moved(seconds, len(samples) / SAMPLE_RATE)))


def lasting(laugh: Laugh, seconds: float) -> Laugh:
    """A laugh's bouts, repeated to last so long without pauses."""
    spans = [(round(start * SAMPLE_RATE), round(end * SAMPLE_RATE)) for start, end in laugh.bouts]
    bouts = np.concatenate([laugh.samples[first:last] for first, last in spans])
    calls, passed = [], 0.0
    for start, end in laugh.bouts:
        calls += [(time - start + passed, strength) for time, strength in laugh.calls if start <= time <= end]
        passed += end - start
    count = int(np.ceil(seconds * SAMPLE_RATE / len(bouts)))
    samples = np.tile(bouts, count)[: round(seconds * SAMPLE_RATE)]
    repeated = [(time + turn * passed, strength) for turn in range(count) for time, strength in calls]
    return Laugh(laugh.name, samples, ((0.0, seconds),), tuple(call for call in repeated if call[0] < seconds))


def _later(laughs: tuple[Laugh, ...], at: float, seconds: float, end: float) -> tuple[Laugh, ...]:
    return tuple(laugh.moved(seconds, end) if laugh.bouts and laugh.bouts[0][0] >= at else laugh for laugh in laughs)


def _levelled(sound: FloatArray, speech: FloatArray, decibels: float) -> FloatArray:
    """The sound with its loud parts so many dB above those of the speech."""
    gain = 10 ** (decibels / 20) * _loud(speech) / max(_loud(sound), 1e-6)
    return (sound * gain).astype(np.float32)


def _loud(samples: FloatArray) -> float:
    """The level that a tenth of the time exceeds, every 20 ms."""
    blocks = np.pad(samples, (0, -len(samples) % 320)).reshape(-1, 320)
    return float(np.percentile(np.sqrt(np.mean(blocks.astype(np.float64) ** 2, axis=1)), 90))


def _faded(sound: FloatArray) -> FloatArray:
    """Without clicks at its ends."""
    ramp = np.minimum(np.minimum(np.arange(len(sound)), np.arange(len(sound))[::-1]) / _FADE, 1)
    return (sound * ramp).astype(np.float32)
