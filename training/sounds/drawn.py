"""Sounds without words, drawn at random: there are few recordings of them with terms that let us train on them.

Each is a waveform made of noise, pulses and tones through broad resonances. None would fool anybody; together they
cover the ways in which loud, sudden, rhythmic or tonal sounds differ from speech.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from ...inference.contract import SAMPLE_RATE
from .nonverbal import LAUGHING, SoundClip, SoundFeatures, listen

_SCHWA: Final = ((550.0, 150.0, 1.0), (1500.0, 250.0, 0.4), (2500.0, 350.0, 0.25), (3500.0, 500.0, 0.12))
"""Resonances (Hz, width, gain) of a mouth that articulates nothing."""

Resonances = tuple[tuple[float, float, float], ...]


def draw_sound(rng: np.random.Generator, kind: str | None = None) -> SoundFeatures:
    """A sound of a kind of ``DRAWN``, by default of any kind but laughter."""
    kind = kind or str(rng.choice([name for name in DRAWN if name != LAUGHING]))
    samples = DRAWN[kind](rng)
    hiss = rng.normal(0, 1, len(samples)) * np.abs(samples).max() * 10 ** rng.uniform(-4, -2)
    return listen(SoundClip(kind, kind, (samples + hiss).astype(np.float32), False))


def _laugh(rng: np.random.Generator) -> np.ndarray:
    """One to three bouts of one voice, with gasps or nothing between them."""
    vowel, pitch = _vowel(rng), float(np.exp(rng.uniform(np.log(110), np.log(560))))
    gasps = rng.random() < 0.5
    parts = []
    for _ in range(rng.choice([1, 1, 2, 3])):
        if gasps:
            parts.append(_inhaled(rng, rng.uniform(0.15, 0.5)))
        parts += [_bout(pitch * rng.uniform(0.8, 1.2), vowel, rng), np.zeros(_samples(rng.uniform(0, 0.5)))]
    return np.concatenate(parts)


def _bout(pitch: float, vowel: Resonances, rng: np.random.Generator) -> np.ndarray:
    """Calls of one vowel with breath between, falling in pitch and loudness (Provine, Bachorowski)."""
    spacing, duty = rng.uniform(0.11, 0.28), rng.uniform(0.35, 0.9)
    fade, drop = rng.uniform(0.88, 1.0), rng.uniform(0.94, 1.02)
    voicing = rng.uniform(0.5, 1.0) if rng.random() < 0.8 else 0.0
    loud, arch, calls = 1.0, rng.uniform(0, 0.25), []
    for _ in range(rng.integers(3, 11)):
        length = _samples(spacing * rng.uniform(0.9, 1.12))
        sung = int(length * duty)
        track = pitch * (1 + arch * np.sin(np.linspace(0, np.pi * rng.uniform(0.8, 1.4), sung)))
        voice = voicing * _voiced(track, vowel) + (1 - voicing) * _hissed(sung, vowel, rng)
        call = _hissed(length, vowel, rng) * rng.uniform(0.02, 0.3)
        call[:sung] += voice * _rise_and_fall(sung, 0.25, 0.5)
        calls.append(call * loud)
        loud *= fade * rng.uniform(0.85, 1.15)
        pitch *= drop
    return np.concatenate(calls)


def _cough(rng: np.random.Generator) -> np.ndarray:
    parts = []
    throat = _vowel(rng, width=2.5)
    for _ in range(rng.integers(1, 4)):
        burst = _burst(rng.uniform(0.02, 0.08), throat, rng)
        tail = _hissed(_samples(rng.uniform(0.08, 0.3)), throat, rng) * rng.uniform(0.1, 0.5)
        if rng.random() < 0.5:
            tail += _voiced(np.full(len(tail), rng.uniform(90, 350)), throat) * rng.uniform(0.1, 0.5)
        parts += [burst, tail * _rise_and_fall(len(tail), 0.1, 0.8), np.zeros(_samples(rng.uniform(0.05, 0.5)))]
    return np.concatenate(parts)


def _sneeze(rng: np.random.Generator) -> np.ndarray:
    nose = ((rng.uniform(2500, 5500), 2500.0, 1.0), (rng.uniform(900, 1800), 700.0, 0.5))
    burst = _burst(rng.uniform(0.04, 0.12), nose, rng)
    if rng.random() < 0.6:
        pitch = rng.uniform(150, 500)
        cry = _voiced(np.linspace(pitch, 0.7 * pitch, len(burst)), _vowel(rng))
        burst += cry * _rise_and_fall(len(burst), 0.1, 0.7) * rng.uniform(0.1, 0.8)
    return np.concatenate([_inhaled(rng, rng.uniform(0.3, 0.9)), np.zeros(_samples(rng.uniform(0.02, 0.2))), burst])


def _breath(rng: np.random.Generator) -> np.ndarray:
    parts = []
    for _ in range(rng.integers(1, 4)):
        parts += [_inhaled(rng, rng.uniform(0.4, 1.6)), np.zeros(_samples(rng.uniform(0, 0.5)))]
    return np.concatenate(parts)


def _knocks(rng: np.random.Generator) -> np.ndarray:
    """Clicks, typing, steps, claps and doors: blows that something answers."""
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


def _tones(rng: np.random.Generator) -> np.ndarray:
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


def _music(rng: np.random.Generator) -> np.ndarray:
    """Notes of one instrument in a rhythm, sometimes over a drum."""
    beat = rng.uniform(0.15, 0.5)
    body = tuple((rng.uniform(200, 4000), rng.uniform(200, 2000), rng.random()) for _ in range(3))
    key = rng.uniform(100, 400)
    notes = []
    for _ in range(rng.integers(4, 10)):
        length = _samples(beat * rng.choice([0.5, 1, 1, 2]))
        hertz = key * 2 ** (rng.choice([0, 2, 4, 5, 7, 9, 12]) / 12)
        note = _voiced(np.full(length, hertz), body) * _falling(length, rng.uniform(0.1, 1.0))
        if rng.random() < 0.4:
            note += _hissed(length, ((200.0, 300.0, 1.0),), rng) * _falling(length, 0.03)
        notes.append(note)
    return np.concatenate(notes)


def _weather(rng: np.random.Generator) -> np.ndarray:
    """Wind, rain, traffic and machines: noise that swells."""
    colour = tuple((float(np.exp(rng.uniform(4.5, 8.7))), rng.uniform(200, 3000), rng.random()) for _ in range(3))
    sound = _hissed(_samples(rng.uniform(1, 3)), colour, rng)
    swell = np.interp(np.linspace(0, 1, len(sound)), np.linspace(0, 1, 9), 10 ** rng.normal(0, 0.3, 9))
    throb = 1 + rng.uniform(0, 0.9) * np.sin(2 * np.pi * rng.uniform(1, 30) * np.arange(len(sound)) / SAMPLE_RATE)
    return sound * swell * throb


DRAWN: Final[dict[str, Callable[[np.random.Generator], np.ndarray]]] = {
    LAUGHING: _laugh,
    "coughing": _cough,
    "sneezing": _sneeze,
    "breathing": _breath,
    "knocks": _knocks,
    "tones": _tones,
    "music": _music,
    "weather": _weather,
}
"""What makes each kind: rng to (n,) samples of any scale."""


def _inhaled(rng: np.random.Generator, seconds: float) -> np.ndarray:
    mouth = tuple((rng.uniform(400, 4500), rng.uniform(300, 1500), rng.random()) for _ in range(4))
    sound = _hissed(_samples(seconds), mouth, rng) * rng.uniform(0.1, 0.5)
    return sound * _rise_and_fall(len(sound), rng.uniform(0.3, 0.7), rng.uniform(0.2, 0.6))


def _burst(seconds: float, resonances: Resonances, rng: np.random.Generator) -> np.ndarray:
    """Noise that is loudest at once."""
    length = _samples(6 * seconds)
    return _hissed(length, resonances, rng) * _falling(length, seconds)


def _vowel(rng: np.random.Generator, width: float = 1.0) -> Resonances:
    size = rng.uniform(0.8, 1.35)
    return tuple((hertz * size * rng.uniform(0.75, 1.3), wide * width, gain) for hertz, wide, gain in _SCHWA)


def _voiced(pitch: np.ndarray, resonances: Resonances) -> np.ndarray:
    """A train of pulses at a pitch (n,) in Hz, of peak 1."""
    pulses = np.diff(np.floor(np.cumsum(pitch) / SAMPLE_RATE), prepend=0.0)
    return _through(pulses, resonances)


def _hissed(length: int, resonances: Resonances, rng: np.random.Generator) -> np.ndarray:
    return _through(rng.normal(0, 1, length), resonances)


def _through(source: np.ndarray, resonances: Resonances) -> np.ndarray:
    hertz = np.fft.rfftfreq(len(source), 1 / SAMPLE_RATE)
    gain = sum(size / (1 + ((hertz - centre) / width) ** 2) for centre, width, size in resonances)
    sound = np.fft.irfft(np.fft.rfft(source) * gain, len(source))
    return sound / max(float(np.abs(sound).max()), 1e-9)


def _samples(seconds: float) -> int:
    return max(int(seconds * SAMPLE_RATE), 2)


def _falling(length: int, seconds: float) -> np.ndarray:
    """(length,) falls to 1/e in some seconds."""
    return np.exp(-np.arange(length) / (seconds * SAMPLE_RATE))


def _rise_and_fall(length: int, rise: float, fall: float) -> np.ndarray:
    """(length,) from 0 to 1 in a share of the length and back to 0 in another."""
    place = (np.arange(length) + 0.5) / length
    return np.sin(np.pi / 2 * np.clip(np.minimum(place / rise, (1 - place) / fall), 0, 1)) ** 2
