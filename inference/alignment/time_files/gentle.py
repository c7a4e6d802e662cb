"""JSON of Gentle: words with phones of Kaldi, of which some were not found in the sound."""

from typing import Any

from ....face.alignment import SpokenWord
from ....face.phones import PhoneSegment
from .timed import Span, Timed, number, phones_of


def read_gentle(content: Any, _seconds: float) -> Timed:
    """The words and phones; a word that Gentle did not find has no fit and no length.

    Raises:
        ValueError, KeyError, TypeError: it is damaged.
    """
    words: list[SpokenWord] = []
    phones: list[PhoneSegment] = []
    clock = 0.0
    for word in content["words"]:
        if word.get("case", "success") != "success":
            words.append(SpokenWord(str(word["word"]), clock, clock, 0.0))
            continue
        start, clock = number(word["start"]), number(word["end"])
        words.append(SpokenWord(str(word["word"]), start, clock))
        spans = []
        for phone in word.get("phones", ()):
            end = start + number(phone["duration"])
            spans.append(Span(str(phone["phone"]), start, end))
            start = end
        phones += phones_of(spans)
    return Timed(tuple(words), tuple(phones))
