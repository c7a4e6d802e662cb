"""The most probable path of a line through its text: words in order, pauses, words left out, and what is no word of it.

The text is a row of words with a junction before each and one after the last. At a junction there may be silence or a
filler, which takes any sound at a price; a word may be passed over at another. Each word is a choice of pronunciations,
and each phone a state. Frames are a loop, states are a vector; states far from the best path are left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ...face.phones import PHONES

Pronunciation = tuple[int, ...]
"""Indices into ``PHONES``."""

SILENCE, FILLER = -1, -2
"""In place of the index of a word: nobody speaks; somebody says what is not in the text."""

SEARCH_RATE: Final = 50
"""Frames per second at which the prices count; posteriors of other rates are weighted accordingly."""

_FILLER_COLUMN: Final = len(PHONES)
_FILLER_PRICE: Final = 1.3
_ENTER_FILLER: Final = 12.0
_ENTER_SILENCE: Final = 1.5
_LEAVE_OUT: Final = 5.0
_LEAVE_OUT_PHONE: Final = 1.0
_LEAST_LOG: Final = -5.0
_BEAM: Final = 160.0
_REACH: Final = 24
_LOOK_EVERY: Final = 8
_SHORTEST_PHONE: Final = 0.02
_OUT_OF_REACH: Final = 2000.0
_NEVER: Final = np.float32(-1e30)
_PASSED_OVER, _BEGIN = 254, 255


@dataclass(frozen=True)
class Stretch:
    """A stretch of a path.

    Attributes:
        word: index of the word, ``SILENCE`` or ``FILLER``.
        start, stop: frames; equal for a word that is left out.
        phones: index of each phone, and the frame at which it starts.
    """

    word: int
    start: int
    stop: int
    phones: tuple[tuple[int, int], ...] = ()


def emissions_of(posteriors: np.ndarray, rate: float) -> np.ndarray:
    """(n, 42) float32 what each phone and the filler gain in a frame, from (n, 41) log posteriors at a rate (Hz)."""
    logs = np.maximum(posteriors, _LEAST_LOG)
    filler = logs.max(1, keepdims=True, initial=_LEAST_LOG) - _FILLER_PRICE
    return (np.concatenate([logs, filler], 1) * (SEARCH_RATE / rate)).astype(np.float32)


def find_path(
    emissions: np.ndarray,
    rate: float,
    words: Sequence[Sequence[Pronunciation]],
    *,
    to_the_end: bool = True,
    can_leave_out: bool = True,
) -> list[Stretch]:
    """The most probable path.

    Args:
        emissions: (n, 42), see ``emissions_of``.
        rate: of the frames, Hz.
        words: the pronunciations of each word, at least one with at least one phone.
        to_the_end: whether the path must have passed every word at the last frame; otherwise it ends anywhere.
        can_leave_out: whether words may be passed over and fillers may come between them; the frames must suffice.

    Returns:
        Stretches in order that cover every frame. Words that the path did not reach are missing at the end.
    """
    graph = _Graph(words, max(1, round(_SHORTEST_PHONE * rate)), can_leave_out=can_leave_out)
    search = _Search(graph, emissions)
    for frame in range(len(emissions)):
        search.step(frame)
    return search.path(to_the_end=to_the_end)


class _Graph:
    """The states of a text in one row: silence and filler of each junction, then the pronunciations of its word."""

    def __init__(self, words: Sequence[Sequence[Pronunciation]], copies: int, *, can_leave_out: bool) -> None:
        phones: list[int] = []
        junctions: list[int] = []
        firsts: list[int] = []
        closers: list[list[int]] = []
        self.first_of_word: list[int] = []
        self.state_of_word: list[int] = []
        ends: list[int] = []
        for number in range(len(words) + 1):
            self.first_of_word.append(len(firsts))
            self.state_of_word.append(len(phones))
            closers.append([len(phones), len(phones) + 1, *ends])
            firsts += [len(phones), len(phones) + 1]
            phones += [0, _FILLER_COLUMN]
            ends = []
            for spelling in words[number] if number < len(words) else ():
                firsts.append(len(phones))
                phones += [phone for phone in spelling for _ in range(copies)]
                ends.append(len(phones) - 1)
            junctions += [number] * (len(phones) - len(junctions))
        self.first_of_word.append(len(firsts))
        self.state_of_word.append(len(phones))
        most = max(map(len, closers))
        self.copies = copies
        self.phone = np.array(phones)
        self.junction = np.array(junctions)
        self.first = np.array(firsts)
        self.closers = np.array([row + [len(phones)] * (most - len(row)) for row in closers])
        is_gap = np.isin(self.first, self.closers[:, :2])
        self.entry_price = np.where(is_gap, _ENTER_SILENCE, 0).astype(np.float32)
        self.entry_price[self.phone[self.first] == _FILLER_COLUMN] = _ENTER_FILLER if can_leave_out else _OUT_OF_REACH
        shortest = [min(map(len, spellings)) for spellings in words]
        prices = [_LEAVE_OUT + _LEAVE_OUT_PHONE * length if can_leave_out else _OUT_OF_REACH for length in shortest]
        self.passing = np.concatenate([[0], np.cumsum(prices)]).astype(np.float32)


class _Search:
    """The forward pass over one graph and the way back."""

    def __init__(self, graph: _Graph, emissions: np.ndarray) -> None:
        self.graph, self.emissions = graph, emissions
        states, self.last = len(graph.phone), len(graph.passing) - 1
        self.scores = np.full(states + 1, _NEVER, np.float32)  # the last one is never reached
        self.moved = np.zeros((len(emissions), states), bool)
        self.choice = np.zeros((len(emissions) + 1, self.last + 1), np.uint8)
        self.low, self.high = 0, min(_REACH, self.last)

    def step(self, frame: int) -> None:
        """Go through one frame."""
        graph, low, high = self.graph, self.low, self.high
        entered = self._junctions(frame, low, high)
        start, stop = graph.state_of_word[low], graph.state_of_word[high + 1]
        first = slice(graph.first_of_word[low], graph.first_of_word[high + 1])
        places = graph.first[first]
        come = np.empty(stop - start, np.float32)
        come[1:] = self.scores[start : stop - 1]
        come[places - start] = entered[graph.junction[places] - low] - graph.entry_price[first]
        stay = self.scores[start:stop]
        np.greater(come, stay, out=self.moved[frame, start:stop])
        np.maximum(come, stay, out=stay)
        stay += self.emissions[frame].take(graph.phone[start:stop])
        if frame % _LOOK_EVERY == 0:
            self._look(start, stop)

    def _junctions(self, frame: int, low: int, high: int) -> np.ndarray:
        """The best score with which each junction is passed before a frame."""
        graph = self.graph
        if frame == 0:
            closing = np.full(high + 1 - low, _NEVER, np.float32)
            closing[0] = 0
            choice = np.full(high + 1 - low, _BEGIN, np.uint8)
        else:
            ways = self.scores[graph.closers[low : high + 1]]
            choice = ways.argmax(1).astype(np.uint8)
            closing = ways.max(1)
        passing = graph.passing[low : high + 1]
        level = closing + passing
        best = np.maximum.accumulate(level)
        choice[best > level] = _PASSED_OVER
        self.choice[frame, low : high + 1] = choice
        return np.asarray(best - passing)

    def _look(self, start: int, stop: int) -> None:
        """Move to the words whose states are near the best one; what is left behind is never reached again."""
        graph = self.graph
        near = np.flatnonzero(self.scores[start:stop] > self.scores[start:stop].max() - _BEAM) + start
        low = int(graph.junction[near[0]])
        self.scores[start : graph.state_of_word[low]] = _NEVER
        self.low = low
        self.high = max(self.high, min(int(graph.junction[near[-1]]) + _REACH, self.last))

    def path(self, *, to_the_end: bool) -> list[Stretch]:
        """The stretches of the best path, from the last frame back to the first."""
        graph, frame = self.graph, len(self.emissions)
        found: list[Stretch] = []
        if to_the_end:
            self.scores[: graph.state_of_word[self.low]] = _NEVER
            self._junctions(frame, self.low, self.last)
            state = self._leave(self.last, frame, found)
        else:
            state = int(self.scores[:-1].argmax()) if frame else -1
        stop, phones = frame, []
        while state >= 0:
            frame -= 1
            moved = self.moved[frame, state]
            column = int(graph.phone[state])
            is_first = state == graph.first[np.searchsorted(graph.first, state)] if moved else False
            if moved and (is_first or self._begins_phone(state)):
                phones.append((column, frame))
            if not moved:
                continue
            if not is_first:
                state -= 1
                continue
            word = int(graph.junction[state])
            if state == graph.state_of_word[word]:
                found.append(Stretch(SILENCE, frame, stop))
            elif column == _FILLER_COLUMN:
                found.append(Stretch(FILLER, frame, stop))
            else:
                found.append(Stretch(word, frame, stop, tuple(reversed(phones))))
            stop, phones = frame, []
            state = self._leave(word, frame, found)
        return found[::-1]

    def _begins_phone(self, state: int) -> bool:
        first = int(self.graph.first[np.searchsorted(self.graph.first, state, "right") - 1])
        return (state - first) % self.graph.copies == 0

    def _leave(self, junction: int, frame: int, found: list[Stretch]) -> int:
        """The state before a junction; -1 at the beginning. Notes the words that are passed over."""
        while (choice := self.choice[frame, junction]) == _PASSED_OVER:
            junction -= 1
            found.append(Stretch(junction, frame, frame))
        return -1 if choice == _BEGIN else int(self.graph.closers[junction, choice])
