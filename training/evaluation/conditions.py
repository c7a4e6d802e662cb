"""Test conditions: noise, reverberation, telephone band, level, and changes of the voice itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from ...face.phones import PhoneSegment
from ...inference.contract import SAMPLE_RATE
from ..arrays import FloatArray
from .voice_effects import change_prosody, shout, whisper

Change = Callable[[FloatArray, np.random.Generator], FloatArray]
"""(n,) float32 sound to the changed sound."""


@dataclass(frozen=True)
class Condition:
    """A change of a recording.

    Attributes:
        name: in tables.
        change: changes the sound.
        rate: factor of the speaking rate; the phones are that much shorter.
    """

    name: str
    change: Change
    rate: float = 1.0

    def apply(self, sound: FloatArray, rng: np.random.Generator) -> FloatArray:
        """(n / rate,) float32, the changed sound."""
        return self.change(sound, rng).astype(np.float32)

    def scale_times(self, phones: tuple[PhoneSegment, ...]) -> tuple[PhoneSegment, ...]:
        """The phones with the times they have in the changed sound."""
        return tuple(PhoneSegment(phone.name, phone.start / self.rate, phone.end / self.rate) for phone in phones)


CLEAN: Final = Condition("clean", lambda sound, _: sound)


def _with_noise(decibels: float) -> Change:
    def change(sound: FloatArray, rng: np.random.Generator) -> FloatArray:
        level = np.sqrt(np.mean(sound**2)) * 10 ** (-decibels / 20)
        noisy: FloatArray = sound + level * rng.normal(0, 1, len(sound))
        return noisy

    return change


def _with_gain(decibels: float) -> Change:
    return lambda sound, _: np.clip(sound * 10 ** (decibels / 20), -1, 1)


def _in_a_room(sound: FloatArray, rng: np.random.Generator) -> FloatArray:
    tail = np.arange(int(0.4 * SAMPLE_RATE)) / SAMPLE_RATE
    response = rng.normal(0, 1, len(tail)) * 10 ** (-3 * tail / 0.4) * 0.05
    response[0] = 1
    size = 1 << (len(sound) + len(tail)).bit_length()
    return np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(response, size))[: len(sound)]


def _by_telephone(sound: FloatArray, _: np.random.Generator) -> FloatArray:
    spectrum = np.fft.rfft(sound)
    hertz = np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)
    return np.fft.irfft(np.where((hertz > 300) & (hertz < 3400), spectrum, 0), len(sound))


CHANNEL_CONDITIONS: Final[tuple[Condition, ...]] = (
    Condition("noise 20 dB", _with_noise(20)),
    Condition("noise 10 dB", _with_noise(10)),
    Condition("reverb", _in_a_room),
    Condition("telephone", _by_telephone),
    Condition("-20 dB", _with_gain(-20)),
    Condition("+12 dB", _with_gain(12)),
)
VOICE_CONDITIONS: Final[tuple[Condition, ...]] = (
    Condition("pitch x0.7", lambda sound, _: change_prosody(sound, pitch=0.7)),
    Condition("pitch x1.8", lambda sound, _: change_prosody(sound, pitch=1.8)),
    Condition("rate x0.7", lambda sound, _: change_prosody(sound, rate=0.7), rate=0.7),
    Condition("rate x1.4", lambda sound, _: change_prosody(sound, rate=1.4), rate=1.4),
    Condition("shouted", lambda sound, _: shout(sound)),
    Condition("whispered", whisper),
)
