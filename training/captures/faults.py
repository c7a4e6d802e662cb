"""What makes a take unfit to be trained on, in sentences; the first is the reason why it is left out."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from ...face.intervals import intervals_of
from ...inference.contract import Speech
from ...inference.sound.checks import NO_VOICE
from .sync import LEAST_CORRELATION, RATE, Sync, loudness, measure_sync
from .take import Take

LONGEST_DIFFERENCE: Final = 0.25
"""Seconds between the ends of sound and curves; recorders that were stopped together differ by a few frames."""
LARGEST_DRIFT: Final = 0.1
"""Seconds over the whole take."""
_LEAST_SECONDS: Final = 1.0
_STILL: Final = 1e-4
"""A face that moves less has no motion."""
_FROZEN_SECONDS: Final = 0.5
"""No mouth that speaks holds every channel exactly for so long."""
LONGEST_FROZEN: Final = 3.0
"""Seconds of speech in one stretch; a tracker that lost the face holds its last pose."""
_SPEAKING: Final = 0.25
"""Of the loudest hundredth on the scale of ``loudness``: 24 dB below it. A take may be silent but for a word."""
RATES: Final = (23.976, 24.0, 25.0, 29.97, 30.0, 48.0, 50.0, 59.94, 60.0, 100.0, 120.0)
"""Usual ones, in frames per second."""


def faults(take: Take, sync: Sync) -> Iterator[str]:
    """A sentence for each reason why a take must not be trained on, the plainest first.

    Args:
        take: as it was read.
        sync: of its sound and curves.
    """
    if any(remark.startswith(NO_VOICE) for remark in take.speech.remarks):
        yield "The sound is silent"
        return
    if min(take.curves.frames / take.curves.fps, take.speech.seconds) < _LEAST_SECONDS:
        yield f"The take is shorter than {_LEAST_SECONDS:g} s"
        return
    if not take.curves.is_finite:
        yield "The curves hold values that are not numbers"
        return
    if np.ptp(take.curves.values, axis=0).max(initial=0) < _STILL:
        yield "The face does not move at all"
        return
    timing, others = list(_sync_faults(take, sync)), [_length(take), _frozen(take)]
    is_shifted = sync.belongs and not sync.is_in_time  # which explains the length, and can be put right
    yield from filter(None, [*timing, *others] if is_shifted else [*others, *timing])


def speaking(speech: Speech) -> np.ndarray:
    """(frames,) at ``RATE``: whether the sound is within 24 dB of its loudest parts."""
    level = loudness(speech, RATE)
    return level > _SPEAKING * np.percentile(level, 99)


def frozen_stretches(take: Take) -> list[float]:
    """Seconds of speech in each stretch of half a second and more in which the face stands exactly still."""
    curves = take.curves
    same = np.concatenate(([False], (np.diff(curves.values, axis=0) == 0).all(axis=1)))
    speech = speaking(take.speech)
    spoken = speech[np.minimum((curves.times * RATE).astype(int), len(speech) - 1)]
    still = [(start, end) for start, end in intervals_of(same) if (end - start) / curves.fps >= _FROZEN_SECONDS]
    return [float(spoken[start:end].sum()) / curves.fps for start, end in still]


def fitting_rate(take: Take) -> float | None:
    """The usual rate at which the curves would be as long as the sound and follow it, if it is another than the stated.

    Where 29.97 and 30 fit both, 30 is meant.
    """
    frames, sound = take.curves.frames, take.speech.seconds
    if abs(frames / take.curves.fps - sound) <= LONGEST_DIFFERENCE:
        return None
    fitting = [rate for rate in RATES if abs(frames / rate - sound) <= LONGEST_DIFFERENCE]
    for rate in sorted(fitting, key=lambda rate: abs(rate - round(rate))):
        sync = measure_sync(take.speech, replace(take.curves, fps=rate))
        if sync.belongs and sync.is_in_time:
            return rate
    return None


def _frozen(take: Take) -> str:
    longest = max(frozen_stretches(take), default=0.0)
    if longest <= LONGEST_FROZEN:
        return ""
    return f"The face is frozen during {longest:.1f} s of speech; capture it again, or cut the take"


def _length(take: Take) -> str:
    seconds, sound = take.curves.frames / take.curves.fps, take.speech.seconds
    if abs(seconds - sound) <= LONGEST_DIFFERENCE:
        return ""
    start = f"The curves last {seconds:.2f} s at {take.curves.fps:g} frames per second, the sound {sound:.2f} s"
    if rate := fitting_rate(take):
        return f"{start}; {rate:g} frames per second would fit: state the right fps"
    return f"{start}; one of them is cut off, or of another take"


def _sync_faults(take: Take, sync: Sync) -> Iterator[str]:
    if not sync.belongs:
        least = max(sync.chance, LEAST_CORRELATION)
        yield (
            f"The mouth does not follow the sound (correlation {sync.lag_correlation:.2f}, {least:.2f} is needed): "
            "it is the sound of another take, or the capture is lost"
        )
        return
    if not sync.is_in_time:
        late = "late" if sync.lag_seconds > 0 else "early"
        yield f"The mouth is {abs(sync.lag_seconds):.2f} s too {late}; emotalk captures check --fix sets offset_seconds"
    drift = sync.drift * take.speech.seconds
    if abs(drift) > LARGEST_DRIFT:
        yield f"Sound and curves drift apart by {1000 * drift:.0f} ms in the take; state the true fps"
