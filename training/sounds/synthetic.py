"""Synthetic non-speech sounds with random parameters: few recordings have terms that allow training on them.

Each is a waveform of noise, pulses and tones through broad resonances. None is realistic; together they cover the ways
in which loud, sudden, rhythmic or tonal sounds differ from speech.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from ...inference.contract import SAMPLE_RATE
from ..arrays import FloatArray
from .nonverbal import LAUGHING, SoundClip, SoundFeatures, extract_features

_SCHWA: Final = ((550.0, 150.0, 1.0), (1500.0, 250.0, 0.4), (2500.0, 350.0, 0.25), (3500.0, 500.0, 0.12))
"""Resonances (Hz, width, gain) of a neutral vocal tract."""

Resonances = tuple[tuple[float, float, float], ...]


def synthesise_sound(rng: np.random.Generator, kind: str | None = None) -> SoundFeatures:
    """Features of a sound of a kind of ``SYNTHETIC_SOUNDS``, by default of a random kind other than laughter."""
    kind = kind or str(rng.choice([name for name in SYNTHETIC_SOUNDS if name != LAUGHING]))
    samples = SYNTHETIC_SOUNDS[kind](rng)
    noise = rng.normal(0, 1, len(samples)) * np.abs(samples).max() * 10 ** rng.uniform(-4, -2)
    return extract_features(SoundClip(kind, kind, (samples + noise).astype(np.float32), False))


def _laugh(rng: np.random.Generator) -> FloatArray:
    """One to three bouts of one voice, with or without gasps between them."""
    vowel, pitch = _vowel(rng), float(np.exp(rng.uniform(np.log(110), np.log(560))))
    gasps = rng.random() < 0.5
    parts = []
    for _ in range(rng.choice([1, 1, 2, 3])):
        if gasps:
            parts.append(_inhalation(rng, rng.uniform(0.15, 0.5)))
        parts += [_bout(pitch * rng.uniform(0.8, 1.2), vowel, rng), np.zeros(_samples(rng.uniform(0, 0.5)))]
    return np.concatenate(parts)


def _bout(pitch: float, vowel: Resonances, rng: np.random.Generator) -> FloatArray:
    """Calls of one vowel with breath between them, with falling pitch and loudness (Provine, Bachorowski)."""
    spacing, duty = rng.uniform(0.11, 0.28), rng.uniform(0.35, 0.9)
    fade, drop = rng.uniform(0.88, 1.0), rng.uniform(0.94, 1.02)
    voicing = rng.uniform(0.5, 1.0) if rng.random() < 0.8 else 0.0
    loud, arch, calls = 1.0, rng.uniform(0, 0.25), []
    for _ in range(rng.integers(3, 11)):
        length = _samples(spacing * rng.uniform(0.9, 1.12))
        sung = int(length * duty)
        track = pitch * (1 + arch * np.sin(np.linspace(0, np.pi * rng.uniform(0.8, 1.4), sung)))
        voice = voicing * _pulse_train(track, vowel) + (1 - voicing) * _filtered_noise(sung, vowel, rng)
        call = _filtered_noise(length, vowel, rng) * rng.uniform(0.02, 0.3)
        call[:sung] += voice * _rise_and_fall(sung, 0.25, 0.5)
        calls.append(call * loud)
        loud *= fade * rng.uniform(0.85, 1.15)
        pitch *= drop
    return np.concatenate(calls)


def _cough(rng: np.random.Generator) -> FloatArray:
    parts = []
    throat = _vowel(rng, width=2.5)
    for _ in range(rng.integers(1, 4)):
        burst = _burst(rng.uniform(0.02, 0.08), throat, rng)
        tail = _filtered_noise(_samples(rng.uniform(0.08, 0.3)), throat, rng) * rng.uniform(0.1, 0.5)
        if rng.random() < 0.5:
            tail += _pulse_train(np.full(len(tail), rng.uniform(90, 350)), throat) * rng.uniform(0.1, 0.5)
        parts += [burst, tail * _rise_and_fall(len(tail), 0.1, 0.8), np.zeros(_samples(rng.uniform(0.05, 0.5)))]
    return np.concatenate(parts)


def _sneeze(rng: np.random.Generator) -> FloatArray:
    nose = ((rng.uniform(2500, 5500), 2500.0, 1.0), (rng.uniform(900, 1800), 700.0, 0.5))
    burst = _burst(rng.uniform(0.04, 0.12), nose, rng)
    if rng.random() < 0.6:
        pitch = rng.uniform(150, 500)
        cry = _pulse_train(np.linspace(pitch, 0.7 * pitch, len(burst)), _vowel(rng))
        burst += cry * _rise_and_fall(len(burst), 0.1, 0.7) * rng.uniform(0.1, 0.8)
    return np.concatenate([_inhalation(rng, rng.uniform(0.3, 0.9)), np.zeros(_samples(rng.uniform(0.02, 0.2))), burst])


def _breath(rng: np.random.Generator) -> FloatArray:
    parts = []
    for _ in range(rng.integers(1, 4)):
        parts += [_inhalation(rng, rng.uniform(0.4, 1.6)), np.zeros(_samples(rng.uniform(0, 0.5)))]
    return np.concatenate(parts)


def _knocks(rng: np.random.Generator) -> FloatArray:
    """Clicks, typing, steps, claps and doors: impacts and their resonance."""
    seconds = rng.uniform(1, 3)
    sound = np.zeros(_samples(seconds))
    ring = tuple((rng.uniform(80, 5000), rng.uniform(30, 1500), rng.random()) for _ in range(3))
    decay, rate = 10 ** rng.uniform(-2.5, -0.8), rng.uniform(0.7, 9)
    now = rng.uniform(0, 0.5)
    while now < seconds:
        start = _samples(now)
        blow = _burst(decay, ring, rng)[: len(sound) - start] * rng.uniform(0.2, 1)
        sound[start : start + len(blow)] += blow
        now += rng.gamma(3, 1 / (3 * rate))
    return sound


def _tones(rng: np.random.Generator) -> FloatArray:
    """Hum, beeps, whistles, sirens and chords."""
    time = np.arange(_samples(rng.uniform(1, 3))) / SAMPLE_RATE
    sound = np.zeros(len(time))
    root = float(np.exp(rng.uniform(np.log(50), np.log(2500))))
    steps = rng.choice([1, 5 / 4, 6 / 5, 4 / 3, 3 / 2, 2], rng.integers(1, 5))
    for step in steps:
        for harmonic in range(1, rng.integers(2, 9)):
            bend = rng.uniform(-0.5, 0.5) * time if len(steps) == 1 and rng.random() < 0.5 else 0 * time
            hertz = np.minimum(root * step * harmonic * 2**bend, 7500)
            sound += np.sin(2 * np.pi * np.cumsum(hertz) / SAMPLE_RATE) / harmonic ** rng.uniform(0.7, 2)
    beats = rng.uniform(0.5, 8)
    if rng.random() < 0.5:
        sound *= np.exp(-(time * beats % 1) * rng.uniform(0.5, 6))
    return sound


def _music(rng: np.random.Generator) -> FloatArray:
    """Notes of one instrument in a rhythm, sometimes over a drum."""
    beat = rng.uniform(0.15, 0.5)
    body = tuple((rng.uniform(200, 4000), rng.uniform(200, 2000), rng.random()) for _ in range(3))
    key = rng.uniform(100, 400)
    notes = []
    for _ in range(rng.integers(4, 10)):
        length = _samples(beat * rng.choice([0.5, 1, 1, 2]))
        hertz = key * 2 ** (rng.choice([0, 2, 4, 5, 7, 9, 12]) / 12)
        note = _pulse_train(np.full(length, hertz), body) * _decay(length, rng.uniform(0.1, 1.0))
        if rng.random() < 0.4:
            note += _filtered_noise(length, ((200.0, 300.0, 1.0),), rng) * _decay(length, 0.03)
        notes.append(note)
    return np.concatenate(notes)


def _weather(rng: np.random.Generator) -> FloatArray:
    """Wind, rain, traffic and machines: noise with a changing level."""
    resonances = tuple((float(np.exp(rng.uniform(4.5, 8.7))), rng.uniform(200, 3000), rng.random()) for _ in range(3))
    sound = _filtered_noise(_samples(rng.uniform(1, 3)), resonances, rng)
    swell = np.interp(np.linspace(0, 1, len(sound)), np.linspace(0, 1, 9), 10 ** rng.normal(0, 0.3, 9))
    throb = 1 + rng.uniform(0, 0.9) * np.sin(2 * np.pi * rng.uniform(1, 30) * np.arange(len(sound)) / SAMPLE_RATE)
    weather: FloatArray = sound * swell * throb
    return weather


SYNTHETIC_SOUNDS: Final[dict[str, Callable[[np.random.Generator], FloatArray]]] = {
    LAUGHING: _laugh,
    "coughing": _cough,
    "sneezing": _sneeze,
    "breathing": _breath,
    "knocks": _knocks,
    "tones": _tones,
    "music": _music,
    "weather": _weather,
}
"""The generator of each kind, which returns (n,) samples of any scale."""


def _inhalation(rng: np.random.Generator, seconds: float) -> FloatArray:
    mouth = tuple((rng.uniform(400, 4500), rng.uniform(300, 1500), rng.random()) for _ in range(4))
    sound = _filtered_noise(_samples(seconds), mouth, rng) * rng.uniform(0.1, 0.5)
    return sound * _rise_and_fall(len(sound), rng.uniform(0.3, 0.7), rng.uniform(0.2, 0.6))


def _burst(seconds: float, resonances: Resonances, rng: np.random.Generator) -> FloatArray:
    """Noise with an abrupt onset and exponential decay."""
    length = _samples(6 * seconds)
    return _filtered_noise(length, resonances, rng) * _decay(length, seconds)


def _vowel(rng: np.random.Generator, width: float = 1.0) -> Resonances:
    size = rng.uniform(0.8, 1.35)
    return tuple((hertz * size * rng.uniform(0.75, 1.3), wide * width, gain) for hertz, wide, gain in _SCHWA)


def _pulse_train(pitch: FloatArray, resonances: Resonances) -> FloatArray:
    """A pulse train at a pitch (n,) in Hz through resonances, normalised to a peak of 1."""
    pulses = np.diff(np.floor(np.cumsum(pitch) / SAMPLE_RATE), prepend=0.0)
    return _filter(pulses, resonances)


def _filtered_noise(length: int, resonances: Resonances, rng: np.random.Generator) -> FloatArray:
    return _filter(rng.normal(0, 1, length), resonances)


def _filter(source: FloatArray, resonances: Resonances) -> FloatArray:
    hertz = np.fft.rfftfreq(len(source), 1 / SAMPLE_RATE)
    gain = sum(size / (1 + ((hertz - centre) / width) ** 2) for centre, width, size in resonances)
    sound = np.fft.irfft(np.fft.rfft(source) * gain, len(source))
    return sound / max(float(np.abs(sound).max()), 1e-9)


def _samples(seconds: float) -> int:
    return max(int(seconds * SAMPLE_RATE), 2)


def _decay(length: int, seconds: float) -> FloatArray:
    """(length,) exponential decay with a time constant in seconds."""
    decay: FloatArray = np.exp(-np.arange(length) / (seconds * SAMPLE_RATE))
    return decay


def _rise_and_fall(length: int, rise: float, fall: float) -> FloatArray:
    """(length,) envelope that rises over a share of the length and falls over another."""
    place = (np.arange(length) + 0.5) / length
    envelope: FloatArray = np.sin(np.pi / 2 * np.clip(np.minimum(place / rise, (1 - place) / fall), 0, 1)) ** 2
    return envelope
