"""Which phones each letter of a word stands for, by expectation maximisation with the best path only."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from ...inference.alignment.search import Pronunciation

Entry = tuple[str, Pronunciation]
"""A word in letters from a to z, and its phones."""

Aligned = tuple[str, tuple[Pronunciation, ...]]
"""A word, and the phones of each letter."""

Cost = Callable[[str, Pronunciation], float]

_MOST_PHONES: Final = 2
_ROUNDS: Final = 4
_SILENT: Final = 3.0
_UNSEEN: Final = 12.0
_EACH_UNSEEN: Final = 4.0


def align_letters(entries: Sequence[Entry]) -> list[Aligned]:
    """The phones of each letter of each word; words with more phones than letters allow are left out."""
    cost = _first_cost(entries)
    aligned: list[Aligned] = []
    for _ in range(_ROUNDS):
        aligned = [(word, parts) for word, phones in entries if (parts := _best(word, phones, cost)) is not None]
        cost = _cost_of(aligned)
    return aligned


def _first_cost(entries: Sequence[Entry]) -> Cost:
    """From how much more often than by chance a letter and a phone are in the same word."""
    letters: Counter[str] = Counter()
    phones: Counter[int] = Counter()
    both: Counter[tuple[str, int]] = Counter()
    for word, spoken in entries:
        letters.update(set(word))
        phones.update(set(spoken))
        both.update((letter, phone) for letter in set(word) for phone in set(spoken))

    def cost(letter: str, part: Pronunciation) -> float:
        if not part:
            return _SILENT
        lift = (both[letter, phone] * len(entries) / (letters[letter] * phones[phone]) for phone in part)
        return sum(2 - math.log(each + 1e-3) for each in lift) + 2 * (len(part) - 1)

    return cost


def _cost_of(aligned: Sequence[Aligned]) -> Cost:
    counts: Counter[tuple[str, Pronunciation]] = Counter()
    for word, parts in aligned:
        counts.update(zip(word, parts, strict=True))
    totals: Counter[str] = Counter()
    for (letter, _), count in counts.items():
        totals[letter] += count
    costs = {pair: -math.log(count / totals[pair[0]]) for pair, count in counts.items()}
    return lambda letter, part: costs.get((letter, part), _UNSEEN + _EACH_UNSEEN * len(part))


def _best(word: str, phones: Pronunciation, cost: Cost) -> tuple[Pronunciation, ...] | None:
    """The cheapest share of the phones among the letters; None if there are too many of them."""
    ends: list[dict[int, tuple[float, int]]] = [{0: (0.0, 0)}]
    for letter in word:
        reached: dict[int, tuple[float, int]] = {}
        for place, (so_far, _) in ends[-1].items():
            for stop in range(place, min(place + _MOST_PHONES, len(phones)) + 1):
                total = so_far + cost(letter, phones[place:stop])
                if stop not in reached or total < reached[stop][0]:
                    reached[stop] = total, place
        ends.append(reached)
    stop = len(phones)
    if stop not in ends[-1]:
        return None
    parts = []
    for reached in reversed(ends[1:]):
        place = reached[stop][1]
        parts.append(phones[place:stop])
        stop = place
    return tuple(reversed(parts))
