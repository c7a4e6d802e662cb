"""Phone times of recorded speech with a known text, by forced alignment with pocketsphinx."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from ...face.phones import PhoneSegment, fill_gaps, mark_schwas, parse_label
from ...inference.contract import SAMPLE_RATE
from ..arrays import IntArray

_HOP_SECONDS: Final = 0.01
_EARLY_SECONDS: Final = 0.009
"""pocketsphinx's phone boundaries lie this much before those of hand labels."""

MIN_FIT: Final = -28.0
"""A lower fit means that the recording does not hold the text."""

_DIGITS: Final = "zero one two three four five six seven eight nine".split()

Pronounce = Callable[[str], Sequence[str]]
"""Gives a word's phones; none for a word it cannot pronounce."""


class _AlignedPhone(Protocol):
    """A phone of pocketsphinx's alignment; times in frames of 10 ms."""

    name: str
    start: int
    duration: int


@dataclass(frozen=True)
class Alignment:
    """A text aligned with its recording.

    Attributes:
        phones: without gaps from 0 to the end of the sound.
        fit: acoustic score of the text's phones relative to the best phones, per 10 ms of speech, on pocketsphinx's
            logarithmic scale: about -10 for clear speech, below -35 for other words.
    """

    phones: tuple[PhoneSegment, ...]
    fit: float


class Aligner:
    """Aligns the phones of a known text with its recording.

    Args:
        pronounce: gives the pronunciation of words that pocketsphinx's dictionary lacks; without it, a text with such
            a word cannot be aligned.

    Raises:
        ModuleNotFoundError: pocketsphinx is not installed (``pip install emotalk[training]``).
    """

    def __init__(self, pronounce: Pronounce | None = None) -> None:
        from pocketsphinx import Decoder

        self._decoder = Decoder(lm=None, bestpath=False, loglevel="FATAL")
        self._pronounce = pronounce

    def align(self, samples: IntArray, text: str) -> Alignment | None:
        """Align a text.

        Args:
            samples: (n,) int16 at 16 kHz.
            text: its words; digits are read one by one, punctuation is ignored.

        Returns:
            None if the text cannot be aligned.
        """
        sound = samples.astype("<i2").tobytes()
        words = split_words(text)
        self._add_words(words)
        try:
            self._decoder.set_align_text(" ".join(words))
            self._decode(sound)
            self._decoder.set_alignment()
            self._decode(sound)
            scored = [(_segment(phone), phone.score) for word in self._decoder.get_alignment() for phone in word]
        except (RuntimeError, TypeError, ValueError):
            return None
        spoken = [(phone.end - phone.start, score) for phone, score in scored if phone.name != "SIL"]
        if len(scored) < 3 or not spoken:
            return None
        seconds = len(samples) / SAMPLE_RATE
        phones = [PhoneSegment(phone.name, min(phone.start, seconds), min(phone.end, seconds)) for phone, _ in scored]
        lengths, scores = np.array(spoken).T
        return Alignment(mark_schwas(fill_gaps(phones, seconds)), float(scores.sum() / lengths.sum() * _HOP_SECONDS))

    def _add_words(self, words: Sequence[str]) -> None:
        for word in words:
            if self._pronounce and self._decoder.lookup_word(word) is None:
                phones = ["AH" if phone == "AX" else phone for phone in self._pronounce(word)]
                if phones:
                    self._decoder.add_word(word, " ".join(phones), True)

    def _decode(self, sound: bytes) -> None:
        self._decoder.start_utt()
        self._decoder.process_raw(sound, full_utt=True)
        self._decoder.end_utt()


def split_words(text: str) -> list[str]:
    """A text's words in lower case, as in the dictionary."""
    spelled = re.sub(r"\d", lambda digit: f" {_DIGITS[int(digit[0])]} ", text.lower().replace("’", "'"))
    return re.findall(r"[a-z]+(?:'[a-z]+)*", spelled)


def _segment(phone: _AlignedPhone) -> PhoneSegment:
    start = phone.start * _HOP_SECONDS + (_EARLY_SECONDS if phone.start else 0)
    return PhoneSegment(parse_label(phone.name), start, (phone.start + phone.duration) * _HOP_SECONDS + _EARLY_SECONDS)
