"""Times from a file made whole: phones placed within words that have none, gaps filled with silence."""

from collections.abc import Iterator
from itertools import pairwise
from math import ceil, floor

import numpy as np

from ...face.alignment import Alignment, SpokenWord
from ...face.phones import PHONES, PhoneSegment, fill_gaps
from .forced import Pronounces, segments_of
from .search import Pronunciation, emissions_of, find_path
from .spoken_text import TextError, read_text
from .time_files.timed import Timed


def complete(
    timed: Timed, posteriors: np.ndarray | None, rate: float, seconds: float, pronunciations: Pronounces
) -> Alignment:
    """The alignment of what a file says.

    Args:
        timed: of the file.
        posteriors: (n, 41) log posteriors of ``PHONES``, for words without phones; None shares the time of a word
            equally among its phones.
        rate: frames per second of the posteriors.
        seconds: the duration of the sound.
        pronunciations: how words are said.
    """
    words = tuple(
        SpokenWord(word.text, min(word.start, seconds), min(word.end, seconds), word.fit) for word in timed.words
    )
    phones = list(_ordered(timed.phones, seconds))
    if not phones:
        for word in words:
            phones += _within(word, posteriors, rate, pronunciations)
        phones = list(_ordered(tuple(phones), seconds))
    return Alignment(fill_gaps(phones, seconds), words, "read").checked()


def _ordered(phones: tuple[PhoneSegment, ...], seconds: float) -> Iterator[PhoneSegment]:
    """Without overlaps, and within the sound."""
    clock = 0.0
    for phone in phones:
        start, end = max(phone.start, clock), min(phone.end, seconds)
        start = clock if start - clock < 1e-3 else start
        if end - start > 1e-4:
            yield PhoneSegment(phone.name, start, end)
            clock = end


def _within(
    word: SpokenWord, posteriors: np.ndarray | None, rate: float, pronunciations: Pronounces
) -> Iterator[PhoneSegment]:
    """The phones of a word in its time."""
    try:
        texts = read_text(word.text)
    except TextError:
        return
    spellings = [phones for text in texts for phones in [pronunciations.of(text)]]
    usual = [phone for phones in spellings for phone in phones[0]]
    if posteriors is not None:
        first, stop = max(floor(word.start * rate + 0.5), 0), min(ceil(word.end * rate), len(posteriors))
        found = _placed(posteriors[first:stop], rate, spellings)
        if found:
            moved = [(phone, start + first) for phone, start in found]
            yield from segments_of(moved, posteriors, rate, word.start, word.end)
            return
    edges = np.linspace(word.start, word.end, len(usual) + 1)
    for phone, (a, b) in zip(usual, pairwise(edges), strict=True):
        yield PhoneSegment(PHONES[phone], float(a), float(b))


def _placed(posteriors: np.ndarray, rate: float, spellings: list[tuple[Pronunciation, ...]]) -> list[tuple[int, int]]:
    """Each phone and the frame at which it starts; [] if there are too few frames."""
    if len(posteriors) < sum(min(map(len, phones)) for phones in spellings):
        return []
    path = find_path(emissions_of(posteriors, rate), rate, spellings, can_leave_out=False)
    found: list[tuple[int, int]] = []
    for stretch in path:
        found += stretch.phones or [(0, stretch.start)]
    return found
