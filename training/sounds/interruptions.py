"""Insertion of non-speech sounds into spoken lines: the mouth has to rest, or to laugh."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from ...inference.sound.log_mel import compressed, expanded
from ..arrays import FloatArray
from .nonverbal import LAUGHING, SoundFeatures
from .synthetic import synthesise_sound

_LAUGHTER_SHARE: Final = 0.4
_RECORDED_SHARE: Final = 0.6
_MEL_PER_PROSODY: Final = 4
"""Log-mel frames per frame of the prosody input."""


def pick_sound(recorded: Sequence[SoundFeatures], rng: np.random.Generator) -> SoundFeatures:
    """A recorded or a synthetic sound; laughter in a share of ``_LAUGHTER_SHARE``."""
    laughs = rng.random() < _LAUGHTER_SHARE
    fitting = [sound for sound in recorded if (sound.kind == LAUGHING) == laughs]
    if fitting and rng.random() < _RECORDED_SHARE:
        return fitting[rng.integers(len(fitting))]
    return synthesise_sound(rng, LAUGHING if laughs else None)


def interrupt(
    mel: FloatArray, prosody_input: FloatArray, sound: SoundFeatures, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Replace a part of a line by a sound, in place.

    Args:
        mel: (n, 64) log-mel at 100 Hz.
        prosody_input: (n / 4, 40) prosody input at 25 Hz.
        sound: from ``pick_sound``.
        rng: source of the position and the level.

    Returns:
        (n,) 1 where the line was replaced, and (n,) 1 where the sound is laughter.
    """
    frames = len(mel)
    length = min(len(sound.mel), _MEL_PER_PROSODY * len(sound.prosody_input))
    start = int(rng.integers(-length // 2, max(frames - length // 2, 1 - length // 2)))
    first, last = max(start, 0), min(start + length, frames)
    gain = np.float32(10 ** rng.uniform(-1.5, 0.6))
    replaced, laughter = np.zeros(frames, np.float32), np.zeros(frames, np.float32)
    mel[first:last] = compressed(expanded(sound.mel[first - start : last - start]) * gain)
    replaced[first:last] = 1
    laughter[first:last] = sound.laughter()[first - start : last - start]
    slots = np.arange(-(-first // _MEL_PER_PROSODY), min(-(-last // _MEL_PER_PROSODY), len(prosody_input)))
    places = (slots * _MEL_PER_PROSODY - start) // _MEL_PER_PROSODY
    prosody_input[slots] = sound.prosody_input[np.clip(places, 0, len(sound.prosody_input) - 1)]
    return replaced, laughter
