"""Speech from SVOX Pico's two English voices. It tells no phone times; the aligner finds them.

Pico is the package ``ttspico``: ``pip install ttspico`` compiles it, with a C compiler and Python's headers.
"""

import importlib.util
from typing import Final

import numpy as np

from ..phones import SpokenLine
from ..recordings.aligner import UNSURE_FIT, Aligner

VOICES: Final[dict[str, str]] = {"lh0": "en-US", "kh0": "en-GB"}
"""Pico's names of its voices, both of women, and the languages it knows them by."""

_UNCLIPPED_VOLUME: Final = 60


def is_installed() -> bool:
    """Whether ``speak`` will find the package."""
    return importlib.util.find_spec("ttspico") is not None


def speak(name: str, voice: str, text: str, pace: int, pitch: int, aligner: Aligner) -> SpokenLine | None:
    """A text read by one of Pico's voices.

    Args:
        name: of the line that is returned.
        voice: one of ``VOICES``.
        text: English, without the marks of XML.
        pace: percent of the voice's own, 20 to 500.
        pitch: percent of the voice's own, 50 to 200.
        aligner: finds the text.

    Returns:
        None where the text cannot be found in what is heard.

    Raises:
        ModuleNotFoundError: ttspico is not installed.
        RuntimeError: it lacks the voice.
    """
    samples = _read_aloud(VOICES[voice], text, pace, pitch)
    alignment = aligner.align(samples, text)
    if alignment is None or alignment.fit < UNSURE_FIT:
        return None
    return SpokenLine(name, f"pico-{voice}", samples, alignment.phones)


def _read_aloud(language: str, text: str, pace: int, pitch: int) -> np.ndarray:
    from ttspico import TtsEngine

    # An engine reads its second text otherwise than a new one would.
    engine = TtsEngine(language)
    engine.rate, engine.pitch, engine.volume = pace, pitch, _UNCLIPPED_VOLUME
    return np.frombuffer(engine.speak(text), "<i2")
