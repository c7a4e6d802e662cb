"""A laugh as data: its sound, its bouts, and its calls.

The bouts of ESC-50's seven laughs were labelled by hand, from the waveform and its level every 5 ms.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ...face.intervals import intervals_of
from ...face.shaping import gaussian_filter
from ...inference.contract import SAMPLE_RATE
from ..arrays import FloatArray
from ..sounds.nonverbal import SoundClip, call_envelope, find_bouts

Span = tuple[float, float]
"""Start and end in seconds."""

BOUTS: Final[Mapping[str, tuple[Span, ...]]] = {
    "laughing_4-132803-A": ((0.0, 2.45),),
    "laughing_4-132810-A": ((0.0, 2.35),),
    "laughing_4-132816-A": ((0.0, 0.72), (0.95, 1.92), (2.26, 5.0)),
    "laughing_4-133674-A": ((0.0, 3.4),),
    "laughing_4-164243-A": ((0.0, 2.2), (2.95, 4.2)),
    "laughing_4-167571-A": ((0.0, 2.0),),
    "laughing_4-181599-A": ((0.25, 2.3), (3.05, 4.7)),
}
"""Clip -> its bouts, from the first sound of each to the end of its last call or sigh; pauses of 0.6 s part them."""

_HOP: Final = SAMPLE_RATE // 100
_BLUR: Final = 2.5
"""Frames of 10 ms: a call lasts 75 ms."""
_PROMINENCE_DB: Final = 3.0
_CLOSEST_CALLS: Final = 0.10
_SOFTEST_DB: Final = 30.0
"""A call so far below the loudest one has no strength."""


@dataclass(frozen=True)
class Laugh:
    """The sound of a laugh and what is in it.

    Attributes:
        name: of its clip.
        samples: (n,) float32 at 16 kHz.
        bouts: spans, in order.
        calls: (time, strength 0..1) of each call's loudest moment; 1 is that of the loudest.
    """

    name: str
    samples: FloatArray
    bouts: tuple[Span, ...]
    calls: tuple[tuple[float, float], ...]

    @property
    def seconds(self) -> float:
        """Its length."""
        return len(self.samples) / SAMPLE_RATE

    def moved(self, seconds: float, until: float) -> "Laugh":
        """The same bouts and calls later, without what is after ``until``; its samples stay."""
        bouts = tuple(
            (start + seconds, min(end + seconds, until)) for start, end in self.bouts if start < until - seconds
        )
        calls = tuple((time + seconds, strength) for time, strength in self.calls if time + seconds < until)
        return replace(self, bouts=bouts, calls=calls)


def laugh_of(clip: SoundClip) -> Laugh:
    """A recorded laugh: its bouts as labelled, or by its loudness where nobody labelled it."""
    bouts = BOUTS.get(clip.name) or tuple(
        (first / 100, last / 100)
        for first, last in intervals_of(find_bouts(call_envelope(clip.samples, len(clip.samples) // _HOP + 1)))
    )
    return Laugh(clip.name, clip.samples, bouts, find_calls(clip.samples, bouts))


def softened(laugh: Laugh, seconds: float, decibels: float) -> Laugh:
    """The laugh with a soft beginning: so many decibels down at the start of its first bout, rising linearly."""
    first = laugh.bouts[0][0]
    times = np.arange(len(laugh.samples)) / SAMPLE_RATE
    gain = 10 ** (-decibels / 20 * np.clip(1 - (times - first) / seconds, 0, 1))
    samples = (laugh.samples * gain).astype(np.float32)
    return Laugh(f"{laugh.name}, soft", samples, laugh.bouts, find_calls(samples, laugh.bouts))


def find_calls(samples: FloatArray, bouts: Sequence[Span]) -> tuple[tuple[float, float], ...]:
    """The loudest moments of the calls in these bouts, with their strengths."""
    level = _level(samples)
    inside = np.zeros(len(level), bool)
    for start, end in bouts:
        inside[int(100 * start) : int(np.ceil(100 * end))] = True
    if not inside.any():
        return ()
    reach = int(100 * _CLOSEST_CALLS)
    padded = np.pad(level, reach, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
    peaks = inside & (level == windows.max(axis=1)) & (level - windows.min(axis=1) > _PROMINENCE_DB)
    loudest = float(level[inside].max())
    places = [first for first, _ in intervals_of(peaks)]
    strengths = np.clip(1 - (loudest - level[places]) / _SOFTEST_DB, 0, 1)
    return tuple((place / 100, float(strength)) for place, strength in zip(places, strengths, strict=True))


def _level(samples: FloatArray) -> FloatArray:
    """(n,) dB every 10 ms, lows attenuated, so that a hum does not hide the calls."""
    high = np.diff(samples, prepend=np.float32(0))
    padded = np.pad(high, (0, -len(high) % _HOP)).reshape(-1, _HOP)
    decibels = 10 * np.log10(np.mean(padded.astype(np.float64) ** 2, axis=1) + 1e-10)
    return gaussian_filter(decibels.astype(np.float32), _BLUR)
