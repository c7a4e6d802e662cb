"""Recordings acted anew: higher, lower, slower, faster, shouted, whispered, by a vocal tract that stays the same.

Pitch and rate change by overlapping pitch periods (TD-PSOLA, Moulines and Charpentier 1990), so that formants stay
where the speaker put them. A whisper is noise through the formants of every 10 ms (linear prediction).
"""

from typing import Final

import numpy as np
from scipy.signal import lfilter

from ...inference.contract import SAMPLE_RATE

_HOP: Final = 160
_WINDOW: Final = 800
_PERIODS: Final = (SAMPLE_RATE // 500, SAMPLE_RATE // 65)
_VOICED: Final = 0.5
_UNVOICED_PERIOD: Final = 80
_ORDER: Final = 18
_WHISPER_FFT: Final = 512
_WHISPERED_VOWELS: Final = 10 ** (-10 / 20)
"""Vowels lose more than fricatives do, which were whispered all along."""


def acted(sound: np.ndarray, pitch: float = 1.0, rate: float = 1.0) -> np.ndarray:
    """A sound spoken higher (pitch above 1) or faster (rate above 1), formants kept.

    Args:
        sound: (n,) at 16 kHz.
        pitch: factor of the fundamental frequency.
        rate: factor of the speaking rate.

    Returns:
        (n / rate,) float32.
    """
    marks, periods, voiced = _pitch_marks(sound)
    length = int(len(sound) / rate)
    widest = _PERIODS[1]
    padded = np.pad(sound, widest)
    spoken, weight = np.zeros(length + 2 * widest), np.zeros(length + 2 * widest)
    now = 0.0
    while now < length:
        nearest = int(np.searchsorted(marks, now * rate))
        if nearest > 0 and (nearest == len(marks) or marks[nearest] + marks[nearest - 1] > 2 * now * rate):
            nearest -= 1
        period = periods[nearest]
        window = np.hanning(2 * period + 1)
        source = slice(marks[nearest] - period + widest, marks[nearest] + period + 1 + widest)
        target = slice(int(now) - period + widest, int(now) + period + 1 + widest)
        spoken[target] += padded[source] * window
        weight[target] += window
        now += period / (pitch if voiced[nearest] else 1.0)
    return (spoken / np.maximum(weight, 0.3))[widest:-widest].astype(np.float32)


def shouted(sound: np.ndarray) -> np.ndarray:
    """Higher, brighter and evenly loud, as a voice under pressure is."""
    brighter = _tilted(acted(sound, pitch=1.35), 5.0)
    level = np.sqrt(lfilter([0.002], [1, -0.998], brighter.astype(np.float64) ** 2)) + 1e-9
    even = brighter * (np.maximum(level, 0.03 * level.max()) / level.max()) ** -0.4
    return np.tanh(1.5 * even / (np.abs(even).max() + 1e-9)).astype(np.float32)


def whispered(sound: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Without a voice: noise takes its place, softer and thinner where a vowel sounded."""
    frames = -(-len(sound) // _HOP)
    padded = np.pad(sound, (_WHISPER_FFT // 2, _WHISPER_FFT // 2 + _HOP))
    windows = np.lib.stride_tricks.sliding_window_view(padded, _WHISPER_FFT)[::_HOP][:frames] * np.hanning(_WHISPER_FFT)
    power = np.abs(np.fft.rfft(windows, axis=1)) ** 2
    coefficients, error = _predictors(np.fft.irfft(power, axis=1)[:, : _ORDER + 1])
    envelope = np.sqrt(error[:, None]) / np.abs(np.fft.rfft(coefficients, _WHISPER_FFT, axis=1))
    noise = np.pad(rng.normal(0, 1, len(sound)), (_WHISPER_FFT // 2, _WHISPER_FFT // 2 + _HOP))
    hiss = np.lib.stride_tricks.sliding_window_view(noise, _WHISPER_FFT)[::_HOP][:frames] * np.hanning(_WHISPER_FFT)
    shaped = np.fft.irfft(np.fft.rfft(hiss, axis=1) * envelope, axis=1) / np.sqrt(_WHISPER_FFT)
    voiced = _periodicity(sound)[1][:frames] > _VOICED
    spoken = np.zeros(len(padded))
    for number, frame in enumerate(shaped):
        loud = _WHISPERED_VOWELS if voiced[min(number, len(voiced) - 1)] else 1.0
        spoken[number * _HOP : number * _HOP + _WHISPER_FFT] += loud * frame
    return _tilted(spoken[_WHISPER_FFT // 2 :][: len(sound)], 3.0)


def _tilted(sound: np.ndarray, decibels: float) -> np.ndarray:
    """So many more decibels in every octave from 250 Hz to 4 kHz, no louder on the whole."""
    hertz = np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)
    octaves = np.log2(np.clip(hertz, 250, 4000) / 1000)
    tilted = np.fft.irfft(np.fft.rfft(sound) * 10 ** (decibels * octaves / 20), len(sound))
    return (tilted * (np.std(sound) / max(float(np.std(tilted)), 1e-9))).astype(np.float32)


def _pitch_marks(sound: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Samples on which pitch periods are centred, the length of each, and whether there is a voice."""
    lags, strengths = _periodicity(sound)
    smooth = np.convolve(sound, np.hanning(9) / 4, "same")
    marks, periods, voiced = [], [], []
    now = 0
    while now < len(sound):
        frame = min(now // _HOP, len(lags) - 1)
        has_voice = bool(strengths[frame] > _VOICED)
        period = int(lags[frame]) if has_voice else _UNVOICED_PERIOD
        if has_voice and voiced and voiced[-1]:
            around = slice(max(now - period // 5, 0), now + period // 5 + 1)
            now = around.start + int(np.argmax(smooth[around]))
        marks.append(now)
        periods.append(period)
        voiced.append(has_voice)
        now += period
    return np.array(marks), np.array(periods), np.array(voiced)


def _periodicity(sound: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pitch period (samples) of every 10 ms, and how periodic the sound is there, 0..1."""
    padded = np.pad(sound, (_WINDOW // 2, _WINDOW))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP][: len(sound) // _HOP + 1]
    window = np.hanning(_WINDOW)
    power = np.abs(np.fft.rfft(frames * window, 2 * _WINDOW, axis=1)) ** 2
    own = np.fft.irfft(np.abs(np.fft.rfft(window, 2 * _WINDOW)) ** 2)
    correlation = np.fft.irfft(power, axis=1)[:, : _PERIODS[1]] / own[: _PERIODS[1]]
    silence = 1e-4 * float(correlation[:, 0].max(initial=0)) + 1e-12
    normed = correlation / (correlation[:, :1] + silence)
    # Of a period and its multiples, which are nearly as good, the shortest is the pitch.
    near = normed[:, _PERIODS[0] :] * np.linspace(1, 0.85, _PERIODS[1] - _PERIODS[0])
    lags = near.argmax(axis=1) + _PERIODS[0]
    return lags, normed[np.arange(len(lags)), lags]


def _predictors(correlation: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Linear predictors (frames, order + 1) of autocorrelations by Levinson's recursion, and their errors."""
    frames, size = correlation.shape
    coefficients = np.zeros((frames, size))
    coefficients[:, 0] = 1
    error = correlation[:, 0] * 1.0001 + 1e-9
    for order in range(1, size):
        reflection = -(coefficients[:, :order] * correlation[:, order:0:-1]).sum(axis=1) / error
        reversed_ = coefficients[:, order::-1][:, : order + 1].copy()
        coefficients[:, : order + 1] += reflection[:, None] * reversed_
        error = error * (1 - reflection**2)
    return coefficients, np.maximum(error, 0)
