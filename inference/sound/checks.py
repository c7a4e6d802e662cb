"""What may spoil a performance in the sound itself: clipping, noise, long silence, very fast speech.

The thresholds were chosen on clean recordings and on speech that was spoilt on purpose (``tests/inference/sound``).
"""

from typing import Final

import numpy as np

from ..contract import SAMPLE_RATE, Speech

NO_VOICE: Final = "No voice was found in"
CLIPPED: Final = "The sound is clipped"
NOISY: Final = "The noise is only"
FAST: Final = "The speech is very fast"
SILENT: Final = "Nothing is heard from"
"""How the sentences begin, by which a report puts the worst first."""

_BLOCK: Final = SAMPLE_RATE // 100
_FULL_SCALE: Final = 0.985
"""Resampling rounds the flat tops of a clipped sound off."""
_CLIPPED_SHARE: Final = 0.02
"""Of the 10 ms blocks with sound; a single loud plosive is no fault."""
_LEAST_NOISE_DISTANCE: Final = 18.0
"""dB between the quiet and the loud tenth; clear speech has more than 25 even without pauses."""
_LONGEST_SILENCE: Final = 5.0
"""Seconds."""
_SILENCE_RANGE: Final = 45.0
"""dB under the loud parts."""
_FASTEST: Final = 5.6
"""Peaks of the loudness per second; of 150 recorded sentences the fastest has 5.1. Not every syllable is a peak."""
_SHORT_PAUSE: Final = 25
"""Blocks; shorter dips are within speech."""
_LEAST_SECONDS: Final = 1.5
"""Shorter sounds have no rate and no noise floor worth naming."""


def check_sound(speech: Speech) -> tuple[str, ...]:
    """A sentence for each thing about a sound that may spoil its performance, worst first."""
    decibels = _levels(speech.samples)
    if not len(decibels) or decibels.max() <= -90:
        return ()
    loud = float(np.percentile(decibels, 95))
    found = [_clipping(speech.samples, decibels, loud)]
    if speech.seconds >= _LEAST_SECONDS:
        found += [_noise(decibels, loud), _rate(decibels, loud)]
    found.append(_silence(decibels, loud))
    return tuple(filter(None, found))


def _levels(samples: np.ndarray) -> np.ndarray:
    """DB of each block of 10 ms."""
    blocks = samples[: len(samples) // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    return 10 * np.log10(np.einsum("ij,ij->i", blocks, blocks) / _BLOCK + 1e-12)


def _clipping(samples: np.ndarray, decibels: np.ndarray, loud: float) -> str:
    blocks = samples[: len(decibels) * _BLOCK].reshape(-1, _BLOCK)
    clipped = (np.abs(blocks).max(axis=1) >= _FULL_SCALE)[decibels > loud - 20]
    if clipped.mean() < _CLIPPED_SHARE:
        return ""
    return f"{CLIPPED} in {clipped.mean():.0%} of its loud parts; a recording at a lower level moves better"


def _noise(decibels: np.ndarray, loud: float) -> str:
    distance = loud - float(np.percentile(decibels, 10))
    if distance >= _LEAST_NOISE_DISTANCE:
        return ""
    return f"{NOISY} {distance:.0f} dB under the voice; a cleaner recording moves better"


def _silence(decibels: np.ndarray, loud: float) -> str:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], decibels < loud - _SILENCE_RANGE, [0]]).astype(int)))
    starts, ends = edges[::2], edges[1::2]
    if not len(starts):
        return ""
    longest = int(np.argmax(ends - starts))
    first, last = starts[longest] / 100, ends[longest] / 100
    return f"{SILENT} {first:.1f} s to {last:.1f} s" if last - first >= _LONGEST_SILENCE else ""


def _rate(decibels: np.ndarray, loud: float) -> str:
    """Syllables are counted as peaks of the loudness, smoothed over 60 ms, that rise 2 dB over both valleys."""
    smooth = np.convolve(np.maximum(decibels, loud - _SILENCE_RANGE), np.hanning(9)[1:-1] / np.hanning(9).sum(), "same")
    speaking = np.convolve(smooth > loud - 25, np.ones(_SHORT_PAUSE), "same") > 0
    peaks, low, high = 0, smooth[0], smooth[0]
    is_rising = True
    for level in smooth:
        if is_rising:
            high = max(high, level)
            if level < high - 2:
                peaks += bool(high > loud - 20)
                is_rising, low = False, level
        else:
            low = min(low, level)
            if level > low + 2:
                is_rising, high = True, level
    seconds = max(float(speaking.sum()) / 100, _LEAST_SECONDS)
    if peaks / seconds <= _FASTEST:
        return ""
    return f"{FAST}; the mouth cannot follow all of it"
