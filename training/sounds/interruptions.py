"""Sounds that are no speech, put into spoken lines: what the mouth has to sit out, and laughter."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from ...inference.sound.log_mel import compressed, expanded
from .drawn import draw_sound
from .nonverbal import LAUGHING, SoundFeatures

_LAUGHTER_SHARE: Final = 0.4
_RECORDED_SHARE: Final = 0.6
_HEARD_HOP: Final = 4
"""Log-mel frames per frame of the prosody input."""


def pick_sound(recorded: Sequence[SoundFeatures], rng: np.random.Generator) -> SoundFeatures:
    """One of the recorded sounds or one drawn anew; laughter four times in ten."""
    laughs = rng.random() < _LAUGHTER_SHARE
    fitting = [sound for sound in recorded if (sound.kind == LAUGHING) == laughs]
    if fitting and rng.random() < _RECORDED_SHARE:
        return fitting[rng.integers(len(fitting))]
    return draw_sound(rng, LAUGHING if laughs else None)


def interrupt(
    mel: np.ndarray, prosody_input: np.ndarray, sound: SoundFeatures, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Put a sound in the place of a part of a line, in place; the line goes on where the sound is over.

    Args:
        mel: (n, 64) log-mel at 100 Hz.
        prosody_input: (n / 4, 40) prosody input at 25 Hz.
        sound: from ``pick_sound``.
        rng: decides where and how loud.

    Returns:
        (n,) 1 where the sound stands instead of the line, and (n,) 1 where it is laughter.
    """
    frames = len(mel)
    length = min(len(sound.mel), _HEARD_HOP * len(sound.prosody_input))
    start = int(rng.integers(-length // 2, max(frames - length // 2, 1 - length // 2)))
    first, last = max(start, 0), min(start + length, frames)
    gain = np.float32(10 ** rng.uniform(-1.5, 0.6))
    instead, laughing = np.zeros(frames, np.float32), np.zeros(frames, np.float32)
    mel[first:last] = compressed(expanded(sound.mel[first - start : last - start]) * gain)
    instead[first:last] = 1
    laughing[first:last] = sound.laughing()[first - start : last - start]
    slots = np.arange(-(-first // _HEARD_HOP), min(-(-last // _HEARD_HOP), len(prosody_input)))
    places = (slots * _HEARD_HOP - start) // _HEARD_HOP
    prosody_input[slots] = sound.prosody_input[np.clip(places, 0, len(sound.prosody_input) - 1)]
    return instead, laughing
