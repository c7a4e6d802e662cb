"""The same recording under other circumstances: noise, rooms, telephones, levels, and other acting."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from ...inference.contract import SAMPLE_RATE
from ..phones import Phone
from .acting import acted, shouted, whispered

Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]
"""(n,) float32 sound to the sound that is heard instead."""


@dataclass(frozen=True)
class Circumstance:
    """How a recording is changed.

    Attributes:
        name: as it stands in tables.
        change: of the sound.
        rate: factor of the speaking rate; the phones are that much shorter.
    """

    name: str
    change: Change
    rate: float = 1.0

    def apply(self, sound: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """(n / rate,) float32, what is heard of a sound."""
        return self.change(sound, rng).astype(np.float32)

    def timed(self, phones: tuple[Phone, ...]) -> tuple[Phone, ...]:
        """When the phones are spoken."""
        return tuple(Phone(phone.name, phone.start / self.rate, phone.end / self.rate) for phone in phones)


CLEAN: Final = Circumstance("clean", lambda sound, _: sound)


def _with_noise(decibels: float) -> Change:
    def change(sound: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        loud = np.sqrt(np.mean(sound**2)) * 10 ** (-decibels / 20)
        return sound + loud * rng.normal(0, 1, len(sound))

    return change


def _with_gain(decibels: float) -> Change:
    return lambda sound, _: np.clip(sound * 10 ** (decibels / 20), -1, 1)


def _in_a_room(sound: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    tail = np.arange(int(0.4 * SAMPLE_RATE)) / SAMPLE_RATE
    response = rng.normal(0, 1, len(tail)) * 10 ** (-3 * tail / 0.4) * 0.05
    response[0] = 1
    size = 1 << (len(sound) + len(tail)).bit_length()
    return np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(response, size))[: len(sound)]


def _by_telephone(sound: np.ndarray, _: np.random.Generator) -> np.ndarray:
    spectrum = np.fft.rfft(sound)
    hertz = np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)
    return np.fft.irfft(np.where((hertz > 300) & (hertz < 3400), spectrum, 0), len(sound))


CHANNELS: Final[tuple[Circumstance, ...]] = (
    Circumstance("noise 20 dB", _with_noise(20)),
    Circumstance("noise 10 dB", _with_noise(10)),
    Circumstance("reverb", _in_a_room),
    Circumstance("telephone", _by_telephone),
    Circumstance("-20 dB", _with_gain(-20)),
    Circumstance("+12 dB", _with_gain(12)),
)
ACTING: Final[tuple[Circumstance, ...]] = (
    Circumstance("pitch x0.7", lambda sound, _: acted(sound, pitch=0.7)),
    Circumstance("pitch x1.8", lambda sound, _: acted(sound, pitch=1.8)),
    Circumstance("rate x0.7", lambda sound, _: acted(sound, rate=0.7), rate=0.7),
    Circumstance("rate x1.4", lambda sound, _: acted(sound, rate=1.4), rate=1.4),
    Circumstance("shouted", lambda sound, _: shouted(sound)),
    Circumstance("whispered", whispered),
)
