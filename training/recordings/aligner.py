"""Phone times of real speech whose words are known, by forced alignment with pocketsphinx."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ...inference.contract import SAMPLE_RATE
from ..phones import Phone, named, with_schwas, without_gaps

_HOP_SECONDS: Final = 0.01
_EARLY_SECONDS: Final = 0.009
"""pocketsphinx starts its phones this much before hand labels do."""

UNSURE_FIT: Final = -28.0
"""A fit below this means that something else is said, or that it is said as nobody speaks."""

_DIGITS: Final = "zero one two three four five six seven eight nine".split()

Pronounce = Callable[[str], Sequence[str]]
"""A word to its phones."""


@dataclass(frozen=True)
class Alignment:
    """A text found in its recording.

    Attributes:
        phones: without gaps from 0 to the end of the sound.
        fit: how much less likely the text's phones make the sound than whatever fits best, per 10 ms of speech, on
            pocketsphinx's logarithmic scale: about -10 for clear speech, below -35 where other words are said.
    """

    phones: tuple[Phone, ...]
    fit: float


class Aligner:
    """Finds when each phone of a known text is spoken.

    Args:
        pronounce: says how words sound that pocketsphinx's dictionary lacks; without it, no text with such a word
            is found.

    Raises:
        ModuleNotFoundError: pocketsphinx is not installed (``pip install emotalk[training]``).
    """

    def __init__(self, pronounce: Pronounce | None = None) -> None:
        from pocketsphinx import Decoder

        self._decoder = Decoder(lm=None, bestpath=False, loglevel="FATAL")
        self._pronounce = pronounce

    def align(self, samples: np.ndarray, text: str) -> Alignment | None:
        """When the phones of a text sound in its recording.

        Args:
            samples: (n,) int16 at 16 kHz.
            text: its words; digits are read one by one, and marks count for nothing.

        Returns:
            None where the text cannot be found in the sound.
        """
        sound = samples.astype("<i2").tobytes()
        words = words_of(text)
        self._learn(words)
        try:
            self._decoder.set_align_text(" ".join(words))
            self._pass_over(sound)
            self._decoder.set_alignment()
            self._pass_over(sound)
            told = [(_timed(phone), phone.score) for word in self._decoder.get_alignment() for phone in word]
        except (RuntimeError, TypeError, ValueError):
            return None
        spoken = [(phone.end - phone.start, score) for phone, score in told if phone.name != "SIL"]
        if len(told) < 3 or not spoken:
            return None
        seconds = len(samples) / SAMPLE_RATE
        phones = [Phone(phone.name, min(phone.start, seconds), min(phone.end, seconds)) for phone, _ in told]
        lengths, scores = np.array(spoken).T
        return Alignment(with_schwas(without_gaps(phones, seconds)), float(scores.sum() / lengths.sum() * _HOP_SECONDS))

    def _learn(self, words: Sequence[str]) -> None:
        for word in words:
            if self._pronounce and self._decoder.lookup_word(word) is None:
                phones = ["AH" if phone == "AX" else phone for phone in self._pronounce(word)]
                if phones:
                    self._decoder.add_word(word, " ".join(phones), True)

    def _pass_over(self, sound: bytes) -> None:
        self._decoder.start_utt()
        self._decoder.process_raw(sound, full_utt=True)
        self._decoder.end_utt()


def words_of(text: str) -> list[str]:
    """A text's words in small letters, as a dictionary has them."""
    spelled = re.sub(r"\d", lambda digit: f" {_DIGITS[int(digit[0])]} ", text.lower().replace("’", "'"))
    return re.findall(r"[a-z]+(?:'[a-z]+)*", spelled)


def _timed(phone: Any) -> Phone:
    start = phone.start * _HOP_SECONDS + (_EARLY_SECONDS if phone.start else 0)
    return Phone(named(phone.name), start, (phone.start + phone.duration) * _HOP_SECONDS + _EARLY_SECONDS)
