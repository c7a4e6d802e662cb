"""What can be said of the sound of a take, in figures."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ...inference.contract import SAMPLE_RATE, Speech
from ...inference.sound.log_mel import speech_level
from .faults import speaking

USUAL_LEVELS: Final = (-44.0, -22.0)
"""dB: 95 % of 240 recordings of speechocean762, from which the built-in model learnt, as ``speech_level`` measures."""
_BLOCK: Final = SAMPLE_RATE // 100
_FULL_SCALE: Final = 0.985
"""As in ``inference/sound/checks.py``."""
_QUIETEST: Final = -120.0


@dataclass(frozen=True)
class SoundFigures:
    """Of one take.

    Attributes:
        seconds: its length.
        peak: the largest sample, 1 = full scale.
        clipped: share of the 10 ms blocks with a sample at full scale.
        noise_floor: dB of full scale of the quiet tenth of the blocks; -120 for digital silence.
        level: dB of the loud parts, as the built-in model measures it.
        silence: share of the time in which nobody speaks.
    """

    seconds: float
    peak: float
    clipped: float
    noise_floor: float
    level: float
    silence: float


def sound_figures(speech: Speech) -> SoundFigures:
    """The figures of a sound of at least 10 ms."""
    blocks = speech.samples[: len(speech.samples) // _BLOCK * _BLOCK].reshape(-1, _BLOCK).astype(np.float64)
    peaks = np.abs(blocks).max(axis=1)
    power = (blocks**2).mean(axis=1)
    return SoundFigures(
        speech.seconds,
        float(np.abs(speech.samples).max()),
        float((peaks >= _FULL_SCALE).mean()),
        max(10 * float(np.log10(np.percentile(power, 10) + 1e-30)), _QUIETEST),
        speech_level(speech.samples),
        1 - float(speaking(speech).mean()),
    )
