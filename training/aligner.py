"""Phone times of real speech whose words are known, by forced alignment with pocketsphinx."""

from typing import Any, Final

import numpy as np

from ..inference.contract import SAMPLE_RATE
from .phones import Phone, named, with_schwas, without_gaps

_HOP_SECONDS: Final = 0.01
_EARLY_SECONDS: Final = 0.009
"""pocketsphinx starts its phones this much before hand labels do."""


class Aligner:
    """Finds when each phone of a known text is spoken.

    Raises:
        ModuleNotFoundError: pocketsphinx is not installed (``pip install emotalk[training]``).
    """

    def __init__(self) -> None:
        from pocketsphinx import Decoder

        self._decoder = Decoder(lm=None, bestpath=False, loglevel="FATAL")

    def align(self, samples: np.ndarray, text: str) -> tuple[Phone, ...] | None:
        """Phones of a text in its recording.

        Args:
            samples: (n,) int16 at 16 kHz.
            text: its words.

        Returns:
            Phones without gaps, or None where the text cannot be found in the sound.
        """
        sound = samples.astype("<i2").tobytes()
        try:
            self._decoder.set_align_text(text.lower())
            self._pass_over(sound)
            self._decoder.set_alignment()
            self._pass_over(sound)
            phones = [phone for word in self._decoder.get_alignment() for phone in word]
        except (RuntimeError, TypeError, ValueError):
            return None
        if len(phones) < 3:
            return None
        seconds = len(samples) / SAMPLE_RATE
        return with_schwas(without_gaps([_timed(phone, seconds) for phone in phones], seconds))

    def _pass_over(self, sound: bytes) -> None:
        self._decoder.start_utt()
        self._decoder.process_raw(sound, full_utt=True)
        self._decoder.end_utt()


def _timed(phone: Any, seconds: float) -> Phone:
    start = phone.start * _HOP_SECONDS + (_EARLY_SECONDS if phone.start else 0)
    end = (phone.start + phone.duration) * _HOP_SECONDS + _EARLY_SECONDS
    return Phone(named(phone.name), min(start, seconds), min(end, seconds))
