"""Data augmentation on log-mel frames: other voices, rooms and microphones, cheap enough for every batch.

Everything is computed on mel power relative to the speech level. There, mixing is addition, a filter is a gain per
band, reverberation is an exponential decay, and a shorter vocal tract is a shift along the bands.
"""

from typing import Final

import numpy as np
from scipy.ndimage import convolve1d
from scipy.signal import lfilter

from ...inference.sound.log_mel import BANDS, MEL_CENTRES, compressed, expanded
from ..arrays import FloatArray

_BABBLE_DB: Final = (-28.0, -12.0)
_NOISE_DB: Final = (-45.0, -8.0)
_BINS: Final = np.linspace(1.2, 8, BANDS)
"""Spectral bins per band: the fewer there are, the more the band's noise power fluctuates."""

_BLUR: Final = np.array([1, 2, 3, 2, 1], np.float32) / 9
_LOW: Final = MEL_CENTRES < 1000
_HIGH: Final = MEL_CENTRES > 2500
"""Bands compared to find voiced frames: vowels have more power in the low ones, fricatives in the high ones."""


def augment_mel(mel: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Augment each line of the batch: another vocal tract, another room, another microphone, added noise.

    Args:
        mel: (batch, frames, 64) log-mel.
        rng: source of the random numbers.

    Returns:
        (batch, frames, 64) log-mel.
    """
    power = expanded(mel)
    power = _shift_formants(power, rng)
    _whisper(power, rng)
    _compress(power, rng)
    _reverberate(power, rng)
    power *= _equaliser(len(power), rng)
    power += _noise(power.shape, rng)
    _mix_babble(power, rng)
    _band_limit(power, rng)
    gains = 10 ** (rng.uniform(-0.7, 0.5, (len(power), 1, 1)))
    varied = compressed(power * gains.astype(np.float32))
    _mask(varied, rng)
    return varied


def room_tone(frames: int, rng: np.random.Generator) -> FloatArray:
    """(frames, 64) log-mel of room noise without speech, at the levels that level normalisation gives it."""
    level = 10 ** rng.uniform(-2.5, 0.6)
    noise = _coloured_noise(frames, rng) * level
    if rng.random() < 0.4:
        _add_hum(noise, rng)
    return compressed(noise)


def _shift_formants(power: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Vocal tract length perturbation, with slightly different factors for low and high formants."""
    shifted = np.empty_like(power)
    for line, source in zip(shifted, power, strict=True):
        if rng.random() < 0.15:
            line[:] = source
            continue
        low, high = rng.uniform(-0.20, 0.20) + rng.uniform(-0.06, 0.06, 2)
        factors = np.exp(np.interp(MEL_CENTRES, (500, 3500), (low, high)))
        position = np.clip(np.interp(MEL_CENTRES * factors, MEL_CENTRES, np.arange(BANDS)), 0, BANDS - 1.001)
        below = position.astype(int)
        part = (position - below).astype(np.float32)
        line[:] = source[:, below] * (1 - part) + source[:, below + 1] * part
    return shifted


def _reverberate(power: FloatArray, rng: np.random.Generator) -> None:
    for line in power:
        if rng.random() < 0.3:
            decay = 10 ** (-6 / (100 * rng.uniform(0.15, 0.9)))
            tail = lfilter([1 - decay], [1, -decay], line, axis=0)
            line += rng.uniform(0.1, 1.2) * tail


def _whisper(power: FloatArray, rng: np.random.Generator) -> None:
    """Whispered speech: no harmonics, softer vowels with less low-frequency power, bands that fluctuate like noise."""
    for line in power:
        if rng.random() < 0.10:
            line[:] = convolve1d(line, _BLUR, axis=1, mode="nearest")
            voiced = line[:, _LOW].mean(axis=1) > line[:, _HIGH].mean(axis=1)
            line[voiced] *= np.float32(10 ** rng.uniform(-1.2, -0.4))
            line *= 2 ** (rng.uniform(0.3, 1.5) * np.log2(np.clip(MEL_CENTRES, 250, 4000) / 1000)).astype(np.float32)
            if rng.random() < 0.5:
                missing = np.interp(MEL_CENTRES, (150, 700), (rng.uniform(-2.5, -1), 0))
                line *= np.float32(10) ** missing.astype(np.float32)
            line *= _noise_power(len(line), rng)


def _compress(power: FloatArray, rng: np.random.Generator) -> None:
    """Dynamic range compression, as by an automatic gain control."""
    for line in power:
        if rng.random() < 0.15:
            loudness = lfilter([0.2], [1, -0.8], line.mean(axis=1)) + 1e-3
            line *= (loudness ** -rng.uniform(0.1, 0.5)).astype(np.float32)[:, None]


def _equaliser(lines: int, rng: np.random.Generator) -> FloatArray:
    """(lines, 1, bands) gains: frequency responses of microphones and spectral tilt of loud and soft voices."""
    spread = np.where(rng.random(lines) < 0.2, 7.0, 4.0)[:, None]
    knots = rng.normal(0, 1, (lines, 6)) * spread + rng.normal(0, 1, (lines, 1)) * spread * np.linspace(-1, 1, 6)
    places = np.linspace(0, 5, BANDS)
    below = np.minimum(places.astype(int), 4)
    part = places - below
    decibels = knots[:, below] * (1 - part) + knots[:, below + 1] * part
    gains: FloatArray = (10 ** (decibels / 10)).astype(np.float32)
    return gains[:, None]


def _noise(shape: tuple[int, ...], rng: np.random.Generator) -> FloatArray:
    noise = np.zeros(shape, np.float32)
    for line in noise:
        if rng.random() < 0.45:
            line += _coloured_noise(shape[1], rng) * np.float32(10 ** (rng.uniform(*_NOISE_DB) / 10))
    return noise


def _coloured_noise(frames: int, rng: np.random.Generator) -> FloatArray:
    """(frames, 64) mel power of noise with a random spectrum and a slowly changing level, about 1 in the mean."""
    slope = rng.uniform(-3.0, 0.5)
    spectrum = (MEL_CENTRES / 1000) ** slope * 10 ** np.interp(
        np.arange(BANDS), np.linspace(0, 63, 6), rng.normal(0, 0.3, 6)
    )
    spectrum /= spectrum.mean()
    swell = np.interp(np.arange(frames), np.linspace(0, frames, 8), 10 ** rng.normal(0, 0.12, 8))
    power: FloatArray = (spectrum * _noise_power(frames, rng) * swell[:, None]).astype(np.float32)
    return power


def _noise_power(frames: int, rng: np.random.Generator) -> FloatArray:
    """(frames, 64) gamma-distributed power of white noise, 1 in the mean."""
    return rng.gamma(_BINS, 1 / _BINS, (frames, BANDS)).astype(np.float32)


def _add_hum(power: FloatArray, rng: np.random.Generator) -> None:
    hum = np.zeros(BANDS, np.float32)
    mains = rng.choice((50.0, 60.0, 100.0, 120.0))
    for harmonic in range(1, 9):
        hum[np.argmin(np.abs(MEL_CENTRES - mains * harmonic))] += rng.random() / harmonic
    power += hum * np.float32(10 ** rng.uniform(-1, 1.5))


def _mix_babble(power: FloatArray, rng: np.random.Generator) -> None:
    others = np.roll(power, 1, axis=0)[:, ::-1]
    for line, other in zip(power, others.copy(), strict=True):
        if rng.random() < 0.12:
            line += other * np.float32(10 ** (rng.uniform(*_BABBLE_DB) / 10))


def _band_limit(power: FloatArray, rng: np.random.Generator) -> None:
    """Telephone bands, old microphones, and codecs that drop what louder bands mask."""
    for line in power:
        chance = rng.random()
        if chance < 0.14:
            line[:, rng.uniform(3000, 5500) < MEL_CENTRES] *= 1e-4
        if chance < 0.08 or chance > 0.97:
            line[:, rng.uniform(150, 350) > MEL_CENTRES] *= 1e-3
        if rng.random() < 0.08:
            line[line < line.max(axis=1, keepdims=True) * 10 ** rng.uniform(-4.5, -2.5)] = 0


def _mask(mel: FloatArray, rng: np.random.Generator) -> None:
    """Mask a few bands and stretches of time, as SpecAugment does."""
    for line in mel:
        for _ in range(2):
            if rng.random() < 0.4:
                low = rng.integers(0, BANDS - 10)
                line[:, low : low + rng.integers(2, 11)] = line.mean()
        if rng.random() < 0.35:
            start = rng.integers(0, len(line) - 8)
            line[start : start + rng.integers(2, 8)] = line.mean()
