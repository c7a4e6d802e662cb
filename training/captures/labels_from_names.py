"""What file names say of takes: emotion, level, and which of them may have the same content."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ...face.emotions import BY_NAME, NEUTRAL
from .take import Labels

_LEVELS: Final = {"weak": 0.0, "low": 0.0, "mild": 0.0, "medium": 0.5, "strong": 1.0, "high": 1.0}
_NUMBERED_LEVEL: Final = re.compile(r"^(?:level|lvl)([1-3])$")
"""MEAD's three levels."""
_EMPTY: Final = frozenset({"take", "shot", "line", "clip", "capture", "level", "iphone"})
_ALIKE: Final = 1.35
"""Takes whose lengths differ by more do not say the same."""
_SHARE: Final = 10
"""One take in so many is for validation, and one for the test."""
_FEWEST_FOR_BOTH: Final = 6
_FEWEST: Final = 3


@dataclass(frozen=True)
class Guess:
    """What the name of a take says.

    Attributes:
        emotion: ``neutral`` if it says nothing.
        level: see ``Labels``.
        rest: the words that are left, which may name the content.
    """

    emotion: str
    level: float
    rest: str


def guess(path: Path) -> Guess:
    """Read the words of a file name, then those of its folder, if the name has no emotion.

    ``happy_strong_012.csv`` is happy, 1.0 and "012".
    """
    words = _split(path.stem)
    emotion = _emotion_in(words) or _emotion_in(_split(path.parent.name)) or NEUTRAL
    rest, level = [], Labels.level
    for place, word in enumerate(words):
        joined = word + words[place + 1] if word in ("level", "lvl") and place + 1 < len(words) else word
        if match := _NUMBERED_LEVEL.match(joined):
            level = (int(match[1]) - 1) / 2
        elif word in _LEVELS:
            level = _LEVELS[word]
        elif word not in BY_NAME and word not in _EMPTY and not (place and words[place - 1] in ("level", "lvl")):
            rest.append(word)
    return Guess(emotion, level, "_".join(rest))


def guess_labels(takes: Mapping[Path, float]) -> dict[Path, Labels]:
    """The labels of takes by their names and lengths.

    Args:
        takes: curve file -> seconds.

    Returns:
        In each emotion with six takes and more, one in ten is held out for validation and one for the test; with three
        to five, one for validation; those of middling length, for they are the most like the others. If no emotion has
        so many, the same holds for all takes together. A content id is only given where takes of several emotions
        share the rest of their name and nearly their length.
    """
    guesses = {path: guess(path) for path in takes}
    groups = [[path for path in takes if guesses[path].emotion == emotion] for emotion in _emotions(guesses)]
    if max(map(len, groups), default=0) < _FEWEST:
        groups = [list(takes)]
    splits = {path: split for group in groups for path, split in _splits({p: takes[p] for p in group}).items()}
    return {
        path: Labels(found.emotion, found.level, 1.0, _content(path, guesses, takes), splits[path])
        for path, found in guesses.items()
    }


def _split(name: str) -> list[str]:
    """The words of a name in small letters; numbers are words of their own, and HappyTake is two."""
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+", name)]


def _emotion_in(words: Sequence[str]) -> str:
    return next((BY_NAME[word] for word in words if word in BY_NAME), "")


def _emotions(guesses: Mapping[Path, Guess]) -> list[str]:
    return list(dict.fromkeys(found.emotion for found in guesses.values()))


def _content(path: Path, guesses: Mapping[Path, Guess], takes: Mapping[Path, float]) -> str:
    own = guesses[path]
    for other, found in guesses.items():
        if own.rest and found.rest == own.rest and found.emotion != own.emotion:
            short, long = sorted((takes[path], takes[other]))
            if long <= _ALIKE * short:
                return own.rest
    return ""


def _splits(takes: Mapping[Path, float]) -> dict[Path, str]:
    splits = dict.fromkeys(takes, "train")
    if len(takes) < _FEWEST:
        return splits
    middle = sorted(takes.values())[len(takes) // 2]
    typical = sorted(takes, key=lambda path: (abs(takes[path] - middle), path.as_posix()))
    held_out = max(round(len(takes) / _SHARE), 1)
    splits.update(dict.fromkeys(typical[:held_out], "validation"))
    if len(takes) >= _FEWEST_FOR_BOTH:
        splits.update(dict.fromkeys(typical[held_out : 2 * held_out], "test"))
    return splits
