"""What a file of times says, and what every reader needs."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ....face.alignment import SpokenWord
from ....face.phones import PhoneSegment
from ...contract import EmoTalkError
from .labels import phone_of


class TimesError(EmoTalkError, ValueError):
    """A file of times that cannot be used; the message is a sentence."""


@dataclass(frozen=True)
class Span:
    """A label with its times, in seconds."""

    label: str
    start: float
    end: float


@dataclass(frozen=True)
class Timed:
    """What a file says.

    Attributes:
        words: in order.
        phones: in order, perhaps with gaps, which are silence; none where the file has words only.
    """

    words: tuple[SpokenWord, ...] = ()
    phones: tuple[PhoneSegment, ...] = ()


def number(value: Any) -> float:
    """A time or duration as a finite number of 0 or more. Raises ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"{str(value)[:40]!r} is no time")
    seconds = float(value)
    if not math.isfinite(seconds) or seconds < -0.5:
        raise ValueError(f"{value!r} is no time")
    return max(seconds, 0.0)


def words_of(spans: Iterable[Span]) -> tuple[SpokenWord, ...]:
    """Words from labels; those of silence and noise are left out."""
    kept = (span for span in spans if span.label.strip() and span.label.strip().lower() not in _NO_WORDS)
    return tuple(SpokenWord(span.label.strip(), span.start, max(span.end, span.start)) for span in kept)


def phones_of(spans: Iterable[Span]) -> tuple[PhoneSegment, ...]:
    """Phones from labels; a label of two sounds is shared between them. Raises ValueError for an unknown label."""
    phones: list[PhoneSegment] = []
    for span in spans:
        names = phone_of(span.label)
        step = (span.end - span.start) / len(names)
        phones += (
            PhoneSegment(name, span.start + i * step, span.start + (i + 1) * step)
            for i, name in enumerate(names)
            if step > 0
        )
    return tuple(phones)


def until_next(starts: Sequence[tuple[float, str]], seconds: float) -> list[Span]:
    """Labels that last until the next one, the last one until the end of the sound."""
    if not starts:
        return []
    ends = [*(start for start, _ in starts[1:]), max(seconds, starts[-1][0])]
    return [Span(label, start, end) for (start, label), end in zip(starts, ends, strict=True)]


_NO_WORDS = frozenset(("<eps>", "<unk>", "[noise]", "sil", "sp", "spn", "<sil>", "<p:>", "[laughter]"))
