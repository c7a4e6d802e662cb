"""Speech from SVOX Pico's two English voices. Pico gives no phone times; they come from forced alignment.

Pico is the package ``ttspico``: ``pip install ttspico`` compiles it, with a C compiler and Python's headers.
"""

import importlib.util
from typing import Final

import numpy as np

from ..arrays import IntArray
from ..compact.spoken_line import SpokenLine
from ..recordings.aligner import MIN_FIT, Aligner

VOICES: Final[dict[str, str]] = {"lh0": "en-US", "kh0": "en-GB"}
"""Pico's voices, both female, and their language codes."""

_UNCLIPPED_VOLUME: Final = 60


def is_installed() -> bool:
    """Whether the package is installed."""
    return importlib.util.find_spec("ttspico") is not None


def speak(name: str, voice: str, text: str, pace: int, pitch: int, aligner: Aligner) -> SpokenLine | None:
    """Synthesise a text with one of Pico's voices.

    Args:
        name: of the line that is returned.
        voice: one of ``VOICES``.
        text: English, without XML markup.
        pace: percent of the voice's own, 20 to 500.
        pitch: percent of the voice's own, 50 to 200.
        aligner: gives the phone times.

    Returns:
        None if the text cannot be aligned with the sound.

    Raises:
        ModuleNotFoundError: ttspico is not installed.
        RuntimeError: it lacks the voice.
    """
    samples = _synthesise(VOICES[voice], text, pace, pitch)
    alignment = aligner.align(samples, text)
    if alignment is None or alignment.fit < MIN_FIT:
        return None
    return SpokenLine(name, f"pico-{voice}", samples, alignment.phones)


def _synthesise(language: str, text: str, pace: int, pitch: int) -> IntArray:
    from ttspico import TtsEngine

    # A new engine each time: an engine reads its second text differently from its first.
    engine = TtsEngine(language)
    engine.rate, engine.pitch, engine.volume = pace, pitch, _UNCLIPPED_VOLUME
    return np.frombuffer(engine.speak(text), "<i2")
