"""The features of the compact model: log-mel bands and pitch salience, framed by absolute time.

Frame i of a sound is centred i hops after its start, and there is silence outside the sound. So any range of frames can
be computed alone, and an hour needs no more memory than a minute. A sound's level is measured once over the whole
sound, so that a quiet and a loud copy of a recording give the same frames; so is the offset of its spectral mean.
"""

from functools import cache
from typing import Final

import numpy as np

from ..contract import SAMPLE_RATE

BANDS: Final = 64
HOP: Final = 160
"""Samples between log-mel frames (10 ms)."""

PITCH_BINS: Final = 24
PITCH_HOP: Final = 640
"""Samples between frames of pitch salience (40 ms)."""

_WINDOW: Final = 400
_FFT: Final = 512
_LOWEST_HZ: Final = 60.0
_HIGHEST_HZ: Final = 7600.0
_PITCH_WINDOW: Final = 800
_PITCH_RANGE_HZ: Final = (70.0, 420.0)
_LEVEL_BLOCK: Final = 160
_LEVEL_CHUNK: Final = 16_000 * 60
_SPECTRUM_CHUNK: Final = 3000
QUIETEST_LEVEL: Final = -72.0
"""dB; softer sound does not count as speech, so near-silence is not amplified into chatter."""

_LEVEL_RANGE: Final = 25.0
_DYNAMIC_FLOOR: Final = 1e-5
_LOG_CENTRE: Final = 1.0
_LOG_SPREAD: Final = 2.0
SOFTEST: Final = -0.9
LOUDEST: Final = 0.5
"""Means over a frame of log-mel; loud speech has about 0.3, and one unit is 20 dB."""

PRIOR_FRAMES: Final = 30
"""Weight of the long-term average, in loud frames (0.3 s): the prior of a sound's spectral mean."""


def speech_level(samples: np.ndarray) -> float:
    """The level of the loud parts of a sound, in dB; low frequencies, hum and DC offset hardly count.

    Args:
        samples: (n,) float32.

    Returns:
        Mean power of the 10 ms blocks within 25 dB of the loudest hundredth, never below -72 dB.
    """
    blocks = [_block_powers(samples[i : i + _LEVEL_CHUNK]) for i in range(0, len(samples), _LEVEL_CHUNK)]
    if not blocks:
        return QUIETEST_LEVEL
    decibels = 10 * np.log10(np.concatenate(blocks) + 1e-12)
    active = decibels[decibels > np.percentile(decibels, 99) - _LEVEL_RANGE]
    return max(float(10 * np.log10(np.mean(10 ** (active / 10)))), QUIETEST_LEVEL)


def _block_powers(samples: np.ndarray) -> np.ndarray:
    sharpened = np.diff(samples, prepend=samples[:1]) + np.float32(0.05) * samples
    padded = np.zeros(-(-len(samples) // _LEVEL_BLOCK) * _LEVEL_BLOCK, np.float32)
    padded[: len(samples)] = sharpened
    return np.mean(padded.reshape(-1, _LEVEL_BLOCK) ** 2, axis=1)


def log_mel(samples: np.ndarray, level: float, start: int, stop: int) -> np.ndarray:
    """Log-mel frames start..stop of a sound, numbers of about -1 to 2.

    Args:
        samples: (n,) float32, the whole sound.
        level: its ``speech_level``.
        start: number of the first frame; negative frames and those after the end are silent.
        stop: number after the last frame.

    Returns:
        (stop - start, 64) float32.
    """
    frames = _framed(samples, start, stop, HOP, _WINDOW) * _window(_WINDOW)
    spectrum = np.fft.rfft(frames, _FFT)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    gain = 10 ** (-level / 10) / np.sum(_window(_WINDOW) ** 2)
    return compressed((power @ _mel_filters()) * np.float32(gain))


def compressed(mel_power: np.ndarray) -> np.ndarray:
    """The logarithm of mel power relative to the speech level: the input of the network."""
    return ((np.log10(mel_power + np.float32(_DYNAMIC_FLOOR)) + _LOG_CENTRE) / _LOG_SPREAD).astype(np.float32)


def expanded(frames: np.ndarray) -> np.ndarray:
    """The inverse of ``compressed``."""
    return np.maximum(10 ** (frames.astype(np.float32) * _LOG_SPREAD - _LOG_CENTRE) - _DYNAMIC_FLOOR, 0)


def relative_loudness(frames: np.ndarray) -> np.ndarray:
    """The loudness of log-mel frames relative to the sound's level, linear in decibels.

    Args:
        frames: (n, 64) log-mel.

    Returns:
        (n,) 0 = 25 dB or more below loud speech, 1 = the loudest speech; independent of the gain of the sound.
    """
    return np.clip((frames.mean(axis=1) - SOFTEST) / (LOUDEST - SOFTEST), 0, 1)


def frame_weights(frames: np.ndarray) -> np.ndarray:
    """(n,) weight of each of (n, 64) log-mel frames in the spectral mean."""
    return relative_loudness(frames) ** 2


def spectral_offset(samples: np.ndarray, level: float, long_term_average: np.ndarray) -> np.ndarray:
    """Offset of a sound's spectral mean against the long-term average spectrum: its voice, microphone and room.

    Loud frames count more (by the square of their loudness), and short sounds are shrunk towards the long-term average.
    Subtracting the offset makes recordings more alike, like cepstral mean normalisation in speech recognition.

    Args:
        samples: (n,) float32, the whole sound.
        level: its ``speech_level``.
        long_term_average: (64,) log-mel, the mean of many sounds.

    Returns:
        (64,) float32, to be subtracted from every log-mel frame; 0 for silence.
    """
    total, weight = PRIOR_FRAMES * long_term_average.astype(np.float64), float(PRIOR_FRAMES)
    frames = len(samples) // HOP + 1
    for start in range(0, frames, _SPECTRUM_CHUNK):
        mel = log_mel(samples, level, start, min(start + _SPECTRUM_CHUNK, frames))
        weights = frame_weights(mel)
        total += weights @ mel
        weight += float(weights.sum())
    return (total / weight - long_term_average).astype(np.float32)


def pitch_salience(samples: np.ndarray, level: float, start: int, stop: int) -> np.ndarray:
    """How periodic the sound is at each of 24 pitches from 70 to 420 Hz.

    Args:
        samples: (n,) float32, the whole sound.
        level: its ``speech_level``.
        start: number of the first frame (40 ms hops), which may lie outside the sound.
        stop: number after the last frame.

    Returns:
        (stop - start, 24) float32 normalised autocorrelation, about 0 to 1; 0 in silence.
    """
    frames = _framed(samples, start, stop, PITCH_HOP, _PITCH_WINDOW)
    halved = (frames[:, ::2] + frames[:, 1::2]) * _window(_PITCH_WINDOW // 2)
    spectrum = np.abs(np.fft.rfft(halved, 1024)) ** 2
    correlation = np.fft.irfft(spectrum)[:, : _PITCH_WINDOW // 2].astype(np.float32)
    silence = np.float32(10 ** (level / 10) * 1e-2 * _PITCH_WINDOW)
    return (correlation @ _lag_picks()) / (correlation[:, :1] + silence)


def _framed(samples: np.ndarray, start: int, stop: int, hop: int, window: int) -> np.ndarray:
    first = start * hop - window // 2
    last = (stop - 1) * hop - window // 2 + window
    stretch = np.zeros(max(last - first, window), np.float32)
    inside = samples[max(first, 0) : max(last, 0)]
    offset = max(-first, 0)
    stretch[offset : offset + len(inside)] = inside
    return np.lib.stride_tricks.sliding_window_view(stretch, window)[::hop][: stop - start]


def _mel(hertz: float) -> float:
    return float(2595 * np.log10(1 + hertz / 700))


_CORNERS: Final = 700 * (10 ** (np.linspace(_mel(_LOWEST_HZ), _mel(_HIGHEST_HZ), BANDS + 2) / 2595) - 1)
MEL_CENTRES: Final = _CORNERS[1:-1]
"""(64,) the middle of each band in Hz."""


@cache
def _window(length: int) -> np.ndarray:
    return (0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(length) + 0.5) / length)).astype(np.float32)


@cache
def _mel_filters() -> np.ndarray:
    """(257, 64) triangles, evenly spaced on the mel scale, with equal gain for white noise."""
    hertz = np.arange(_FFT // 2 + 1)[:, None] * SAMPLE_RATE / _FFT
    rising = (hertz - _CORNERS[:-2]) / (MEL_CENTRES - _CORNERS[:-2])
    falling = (_CORNERS[2:] - hertz) / (_CORNERS[2:] - MEL_CENTRES)
    triangles = np.maximum(np.minimum(rising, falling), 0)
    # The lowest bands are narrower than an FFT bin: each takes at least its nearest one.
    nearest = np.argmin(np.abs(hertz - MEL_CENTRES), axis=0)
    triangles[nearest, np.arange(BANDS)] = np.maximum(triangles[nearest, np.arange(BANDS)], 0.5)
    return (triangles / triangles.sum(axis=0)).astype(np.float32)


@cache
def _lag_picks() -> np.ndarray:
    """(lags, 24): interpolates an autocorrelation at 8 kHz between whole lags, and corrects the window's decay."""
    lags = SAMPLE_RATE / 2 / np.geomspace(*_PITCH_RANGE_HZ, PITCH_BINS)
    length = _PITCH_WINDOW // 2
    window = _window(length).astype(np.float64)
    decay = np.correlate(window, window, "full")[length - 1 :]
    picks = np.zeros((length, PITCH_BINS))
    whole = np.floor(lags).astype(int)
    columns = np.arange(PITCH_BINS)
    picks[whole, columns] = (1 - (lags - whole)) / decay[whole] * decay[0]
    picks[whole + 1, columns] += (lags - whole) / decay[whole + 1] * decay[0]
    return picks.astype(np.float32)
