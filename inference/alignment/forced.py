"""A text aligned with its sound: when each word and each phone is said, and how well it fits."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from math import ceil
from typing import Final, Protocol

import numpy as np

from ...face.alignment import LEAST_FIT, Alignment, SpokenWord
from ...face.phones import PHONES, PhoneSegment, fill_gaps
from .boundaries import boundary_time
from .heard import hear_phones
from .search import FILLER, SILENCE, Pronunciation, Stretch, emissions_of, find_path
from .spoken_text import TextWord, read_text

WINDOW_SECONDS: Final = 40.0
"""Seconds of sound that are searched in one go; the memory does not depend on how long a line is."""

_OVERLAP_SECONDS: Final = 8.0
_FASTEST_SPEECH: Final = 8
"""Words per second."""
_SPARE_WORDS: Final = 40
_LEAST_LOG: Final = -7.0
_MIDDLE, _SLOPE = -2.7, 2.0
"""Mean logarithmic lag behind the best phones at which a word is left to listening, and how quickly fit falls there."""
_USUAL_LAG, _MOST_LENIENCE = -0.6, 0.8
"""Where most words of a line lag more than is usual, because of noise or an accent, more is granted to each of them."""


class Pronounces(Protocol):
    """Gives pronunciations."""

    def of(self, word: TextWord) -> tuple[Pronunciation, ...]:
        """The pronunciations of a word of a text, at least one."""
        ...


Progress = Callable[[float], None]


def align(
    posteriors: np.ndarray,
    rate: float,
    text: str,
    seconds: float,
    pronunciations: Pronounces,
) -> Alignment:
    """When the words and the phones of a text are said.

    Words may be missing from the sound, and the sound may hold what is not in the text: pauses, words of other
    people, laughs. Where a word fits badly, the phones are those that are heard; what is said beside the text is a word
    without text and fit, so that it is left to listening, too.

    Args:
        posteriors: (n, 41) log posteriors of ``PHONES``; frame i is centred at i / rate s.
        rate: frames per second.
        text: what is said, as it is written.
        seconds: the duration of the sound.
        pronunciations: how words are said.

    Raises:
        TextError: the text has no word that can be pronounced.
    """
    words = read_text(text)
    spellings = [pronunciations.of(word) for word in words]
    path = _find_long_path(posteriors, rate, spellings)
    phones: list[PhoneSegment] = []
    spoken: dict[int, SpokenWord] = {}
    spans = _spans(path, posteriors, rate, seconds)
    fits = _fits(path, posteriors)
    for stretch, (start, end), fit in zip(path, spans, fits, strict=True):
        if stretch.word >= 0:
            spoken[stretch.word] = SpokenWord(words[stretch.word].text, start, end, fit)
        if stretch.word >= 0 and fit >= LEAST_FIT:
            phones += segments_of(stretch.phones, posteriors, rate, start, end)
        elif stretch.word != SILENCE:
            phones += hear_phones(posteriors, rate, stretch.start, stretch.stop, start, end)
    beside = _place_left_out(spoken, path, spans, words)
    said = sorted([*(spoken[number] for number in range(len(words))), *beside], key=lambda word: word.start)
    return Alignment(fill_gaps(phones, seconds), tuple(said), "aligned").checked()


def _find_long_path(posteriors: np.ndarray, rate: float, spellings: Sequence[Sequence[Pronunciation]]) -> list[Stretch]:
    """The path, window after window; each begins where a word of the one before surely ended."""
    path: list[Stretch] = []
    frames, begin, word = len(posteriors), 0, 0
    window, overlap = ceil(WINDOW_SECONDS * rate), ceil(_OVERLAP_SECONDS * rate)
    while True:
        is_last = frames - begin <= window + overlap
        stop = frames if is_last else begin + window
        most = ceil((stop - begin) / rate * _FASTEST_SPEECH) + _SPARE_WORDS
        some = spellings[word : word + most]
        found = find_path(emissions_of(posteriors[begin:stop], rate), rate, some, to_the_end=is_last)
        kept = found if is_last else _sure(found, stop - begin - overlap)
        path += [_moved(stretch, word, begin) for stretch in kept]
        word += sum(stretch.word >= 0 for stretch in kept)
        begin += kept[-1].stop if kept else 0
        if is_last:
            path += [Stretch(left, frames, frames) for left in range(word, len(spellings))]
            return path


def _sure(found: list[Stretch], limit: int) -> list[Stretch]:
    """What ends before the limit; where one stretch covers all, its part up to there."""
    kept = [stretch for stretch in found if stretch.stop <= limit]
    if kept and kept[-1].stop > 0:
        return kept
    return [Stretch(found[0].word if found[0].word < 0 else FILLER, 0, limit)]


def _moved(stretch: Stretch, words: int, frames: int) -> Stretch:
    phones = tuple((phone, start + frames) for phone, start in stretch.phones)
    word = stretch.word + words if stretch.word >= 0 else stretch.word
    return Stretch(word, stretch.start + frames, stretch.stop + frames, phones)


def _spans(path: Sequence[Stretch], posteriors: np.ndarray, rate: float, seconds: float) -> list[tuple[float, float]]:
    """Start and end of each stretch in seconds, without gaps."""
    heard = posteriors.argmax(1) if len(posteriors) else np.zeros(1, int)
    lasting = [stretch for stretch in path if stretch.stop > stretch.start]
    edges = {0: 0.0, len(posteriors): seconds}
    for before, after in pairwise(lasting):
        last = before.phones[-1][0] if before.phones else _gap_phone(before, heard, before.stop - 1)
        first = after.phones[0][0] if after.phones else _gap_phone(after, heard, after.start)
        edges[after.start] = min(boundary_time(posteriors, rate, after.start, last, first), seconds)
    times = []
    clock = 0.0
    for stretch in path:
        start = max(edges.get(stretch.start, 0.0), clock)
        clock = max(edges.get(stretch.stop, seconds), start)
        times.append((start, clock))
    return times


def _gap_phone(gap: Stretch, heard: np.ndarray, frame: int) -> int:
    return 0 if gap.word == SILENCE else int(heard[frame])


def segments_of(
    phones: Sequence[tuple[int, int]], posteriors: np.ndarray, rate: float, start: float, end: float
) -> Iterator[PhoneSegment]:
    """Phones with the frames at which they start, as segments without gaps from ``start`` to ``end`` (s)."""
    inner = [boundary_time(posteriors, rate, frame, before, phone) for (before, _), (phone, frame) in pairwise(phones)]
    edges = np.maximum.accumulate(np.clip([start, *inner, end], start, end))
    for (phone, _), (a, b) in zip(phones, pairwise(edges), strict=True):
        if b > a:
            yield PhoneSegment(PHONES[phone], float(a), float(b))


def _fits(path: Sequence[Stretch], posteriors: np.ndarray) -> list[float]:
    """How well each stretch fits, 0..1; what is no word, and a word that is left out, does not."""
    lags = [_lag(posteriors, stretch) if stretch.phones else None for stretch in path]
    known = [lag for lag in lags if lag is not None]
    lenience = float(np.clip(_USUAL_LAG - np.median(known), 0, _MOST_LENIENCE)) if known else 0.0
    return [0.0 if lag is None else float(1 / (1 + np.exp(-_SLOPE * (lag + lenience - _MIDDLE)))) for lag in lags]


def _lag(posteriors: np.ndarray, stretch: Stretch) -> float:
    """How far the phones of a word lie below the best ones, in nats, each phone counted once."""
    lags = []
    for (phone, start), (_, stop) in pairwise([*stretch.phones, (0, stretch.stop)]):
        logs = np.maximum(posteriors[start:stop], _LEAST_LOG)
        lags.append(float((logs[:, phone] - logs.max(1)).mean()))
    return float(np.mean(lags))


def _place_left_out(
    spoken: dict[int, SpokenWord],
    path: Sequence[Stretch],
    spans: Sequence[tuple[float, float]],
    words: Sequence[TextWord],
) -> list[SpokenWord]:
    """Words that are left out share what is said in their place and is not in the text, by their letters.

    Returns:
        Words without text for what is said beside the text where none is left out.
    """
    beside: list[SpokenWord] = []
    place = 0
    while place < len(path):
        stop = place
        while stop < len(path) and (path[stop].word < 0 or path[stop].stop == path[stop].start):
            stop += 1
        group = range(place, stop)
        left_out = [path[i].word for i in group if path[i].word >= 0]
        fillers = [spans[i] for i in group if path[i].word == FILLER]
        if left_out and fillers:
            start, end = fillers[0][0], fillers[-1][1]
            shares = np.cumsum([0, *(len(words[word].text) for word in left_out)])
            edges = start + (end - start) * shares / shares[-1]
            for word, (a, b) in zip(left_out, pairwise(edges), strict=True):
                spoken[word] = SpokenWord(words[word].text, float(a), float(b), 0.0)
        elif fillers:
            beside.append(SpokenWord("", fillers[0][0], fillers[-1][1], 0.0))
        place = stop + 1
    return beside
