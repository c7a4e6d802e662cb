"""Recordings with another pitch, rate or vocal effort, by the same vocal tract.

Pitch and rate are changed by TD-PSOLA (Moulines and Charpentier 1990), which keeps the formants. A whisper is noise
filtered by the formants of every 10 ms (linear prediction).
"""

from typing import Final

import numpy as np
from scipy.signal import lfilter

from ...inference.contract import SAMPLE_RATE
from ..arrays import BoolArray, FloatArray, IntArray

_HOP: Final = 160
_WINDOW: Final = 800
_PERIODS: Final = (SAMPLE_RATE // 500, SAMPLE_RATE // 65)
_VOICED: Final = 0.5
_UNVOICED_PERIOD: Final = 80
_ORDER: Final = 18
_WHISPER_FFT: Final = 512
_WHISPERED_VOWELS: Final = 10 ** (-10 / 20)
"""Gain of voiced frames in a whisper; voiceless ones keep their level."""


def change_prosody(sound: FloatArray, pitch: float = 1.0, rate: float = 1.0) -> FloatArray:
    """Change the pitch and the rate of speech, but not its formants.

    Args:
        sound: (n,) at 16 kHz.
        pitch: factor of the fundamental frequency, above 1 is higher.
        rate: factor of the speaking rate, above 1 is faster.

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
    changed: FloatArray = (spoken / np.maximum(weight, 0.3))[widest:-widest].astype(np.float32)
    return changed


def shout(sound: FloatArray) -> FloatArray:
    """Shouted speech: higher pitch, flatter spectral tilt, compressed dynamics."""
    brighter = _tilt(change_prosody(sound, pitch=1.35), 5.0)
    level = np.sqrt(lfilter([0.002], [1, -0.998], brighter.astype(np.float64) ** 2)) + 1e-9
    compressed = brighter * (np.maximum(level, 0.03 * level.max()) / level.max()) ** -0.4
    shouted: FloatArray = np.tanh(1.5 * compressed / (np.abs(compressed).max() + 1e-9)).astype(np.float32)
    return shouted


def whisper(sound: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Whispered speech: noise in place of the voice, softer in voiced frames, with less power at low frequencies."""
    frames = -(-len(sound) // _HOP)
    padded = np.pad(sound, (_WHISPER_FFT // 2, _WHISPER_FFT // 2 + _HOP))
    windows = np.lib.stride_tricks.sliding_window_view(padded, _WHISPER_FFT)[::_HOP][:frames] * np.hanning(_WHISPER_FFT)
    power = np.abs(np.fft.rfft(windows, axis=1)) ** 2
    coefficients, error = _predictors(np.fft.irfft(power, axis=1)[:, : _ORDER + 1])
    envelope = np.sqrt(error[:, None]) / np.abs(np.fft.rfft(coefficients, _WHISPER_FFT, axis=1))
    noise = np.pad(rng.normal(0, 1, len(sound)), (_WHISPER_FFT // 2, _WHISPER_FFT // 2 + _HOP))
    frames_of_noise = np.lib.stride_tricks.sliding_window_view(noise, _WHISPER_FFT)[::_HOP][:frames] * np.hanning(
        _WHISPER_FFT
    )
    shaped = np.fft.irfft(np.fft.rfft(frames_of_noise, axis=1) * envelope, axis=1) / np.sqrt(_WHISPER_FFT)
    voiced = _periodicity(sound)[1][:frames] > _VOICED
    spoken = np.zeros(len(padded))
    for number, frame in enumerate(shaped):
        loud = _WHISPERED_VOWELS if voiced[min(number, len(voiced) - 1)] else 1.0
        spoken[number * _HOP : number * _HOP + _WHISPER_FFT] += loud * frame
    return _tilt(spoken[_WHISPER_FFT // 2 :][: len(sound)], 3.0)


def _tilt(sound: FloatArray, decibels: float) -> FloatArray:
    """Change the spectral tilt by so many dB per octave between 250 Hz and 4 kHz, at the same level."""
    hertz = np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)
    octaves = np.log2(np.clip(hertz, 250, 4000) / 1000)
    tilted: FloatArray = np.fft.irfft(np.fft.rfft(sound) * 10 ** (decibels * octaves / 20), len(sound))
    return (tilted * (np.std(sound) / max(float(np.std(tilted)), 1e-9))).astype(np.float32)


def _pitch_marks(sound: FloatArray) -> tuple[IntArray, IntArray, BoolArray]:
    """Centres of the pitch periods and their lengths, in samples, and whether each is voiced."""
    lags, strengths = _periodicity(sound)
    smooth = np.convolve(sound, np.hanning(9) / 4, "same")
    marks: list[int] = []
    periods: list[int] = []
    voiced: list[bool] = []
    now = 0
    while now < len(sound):
        frame = min(now // _HOP, len(lags) - 1)
        is_voiced = bool(strengths[frame] > _VOICED)
        period = int(lags[frame]) if is_voiced else _UNVOICED_PERIOD
        if is_voiced and voiced and voiced[-1]:
            around = slice(max(now - period // 5, 0), now + period // 5 + 1)
            now = around.start + int(np.argmax(smooth[around]))
        marks.append(now)
        periods.append(period)
        voiced.append(is_voiced)
        now += period
    return np.array(marks), np.array(periods), np.array(voiced)


def _periodicity(sound: FloatArray) -> tuple[IntArray, FloatArray]:
    """Pitch period (samples) of every 10 ms, and its normalised autocorrelation, 0..1."""
    padded = np.pad(sound, (_WINDOW // 2, _WINDOW))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP][: len(sound) // _HOP + 1]
    window = np.hanning(_WINDOW)
    power = np.abs(np.fft.rfft(frames * window, 2 * _WINDOW, axis=1)) ** 2
    own = np.fft.irfft(np.abs(np.fft.rfft(window, 2 * _WINDOW)) ** 2)
    correlation = np.fft.irfft(power, axis=1)[:, : _PERIODS[1]] / own[: _PERIODS[1]]
    silence = 1e-4 * float(correlation[:, 0].max(initial=0)) + 1e-12
    normed = correlation / (correlation[:, :1] + silence)
    # Longer lags are weighted down: multiples of the period correlate nearly as well as the period itself.
    near = normed[:, _PERIODS[0] :] * np.linspace(1, 0.85, _PERIODS[1] - _PERIODS[0])
    lags = near.argmax(axis=1) + _PERIODS[0]
    return lags, normed[np.arange(len(lags)), lags]


def _predictors(correlation: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(frames, order + 1) linear predictors by the Levinson-Durbin recursion, and their errors."""
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
