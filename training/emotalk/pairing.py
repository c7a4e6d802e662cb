"""Pseudo-training pairs of the paper: contents that were acted in two emotions each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations, permutations
from typing import Final

from ..captures.take import Take
from .alignment import Alignment, align

_SAME: Final = 0.35
"""Distance below which two takes of one actor say the same; see ``Alignment.distance``.

A synthesiser's voice gave 0.17 to 0.19 for the same sentence a quarter slower, 0.48 to 0.49 for another one.
"""
_LENGTHS: Final = 2.0
"""Takes that differ more in length do not say the same."""
_LONGEST: Final = 30.0
"""Seconds; what is longer is no line, and its contents are for the project to state."""


@dataclass(frozen=True)
class Pair:
    """One direction of a pair: the content of one sound with the emotion of another.

    Attributes:
        content: number of the take whose content it is, c1 in e2.
        emotion: number of the take whose emotion it is, c2 in e1.
        target: number of the take with both, c1 in e1.
        alignment: of the content's sound with the target's.
    """

    content: int
    emotion: int
    target: int
    alignment: Alignment


def with_contents(takes: Sequence[Take]) -> list[Take]:
    """Takes without a content id get one, shared by those that say the same in different emotions."""
    found = [take.labels.content for take in takes]
    for i, j in combinations(range(len(takes)), 2):
        if takes[i].labels.content or takes[j].labels.content or not _may_say_the_same(takes[i], takes[j]):
            continue
        if align(takes[i].speech, takes[j].speech).distance < _SAME:
            found[i] = found[i] or f"like {takes[i].name}"
            found[j] = found[i]
    return [
        replace(take, labels=replace(take.labels, content=content)) for take, content in zip(takes, found, strict=True)
    ]


def quadruples(takes: Sequence[Take]) -> list[tuple[int, int, int]]:
    """Numbers of takes (c1 in e2, c2 in e1, c1 in e1), for every two contents in the same two emotions, every way."""
    spoken: dict[tuple[str, str], int] = {}
    for number, take in enumerate(takes):
        if take.labels.content:
            spoken.setdefault((take.labels.content, take.labels.emotion), number)
    contents = list(dict.fromkeys(content for content, _ in spoken))
    emotions = list(dict.fromkeys(emotion for _, emotion in spoken))
    return [
        (spoken[c1, e2], spoken[c2, e1], spoken[c1, e1])
        for c1, c2 in permutations(contents, 2)
        for e1, e2 in permutations(emotions, 2)
        if all((content, emotion) in spoken for content in (c1, c2) for emotion in (e1, e2))
    ]


def find_pairs(takes: Sequence[Take]) -> list[Pair]:
    """All pairs, aligned; the mirror of each is one, too."""
    return [
        Pair(content, emotion, target, align(takes[content].speech, takes[target].speech))
        for content, emotion, target in quadruples(takes)
    ]


def _may_say_the_same(first: Take, second: Take) -> bool:
    lengths = first.speech.seconds, second.speech.seconds
    return first.labels.emotion != second.labels.emotion and max(lengths) <= min(_LENGTHS * min(lengths), _LONGEST)
