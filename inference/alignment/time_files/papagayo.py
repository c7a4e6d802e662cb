"""Papagayo's projects (.pgo) and Moho's switch data (.dat): mouth shapes of Preston Blair, in frames."""

from collections.abc import Iterator
from typing import Final

from ....face.alignment import SpokenWord
from ....face.phones import PhoneSegment
from .labels import PRESTON_BLAIR
from .timed import Span, Timed, number, until_next

MOHO_RATE: Final = 24
"""Frames per second of switch data, which does not say its own."""


def read_moho(text: str, seconds: float) -> Timed:
    """The shapes of switch data; each lasts until the next. Raises ValueError if they are damaged."""
    rows = [line.split() for line in text.splitlines()[1:] if line.strip()]
    starts = [((number(frame) - 1) / MOHO_RATE, shape) for frame, shape in rows]
    return Timed((), _sounds(until_next([(max(start, 0.0), shape) for start, shape in starts], seconds)))


def read_papagayo(text: str, seconds: float) -> Timed:
    """The words and shapes of the first voice that has any. Raises ValueError if they are damaged."""
    lines = (line.strip() for line in text.splitlines())
    try:
        return _read_project(lines, seconds)
    except StopIteration:
        raise ValueError("it ends too early") from None


def _read_project(lines: Iterator[str], seconds: float) -> Timed:
    next(lines), next(lines)
    rate = number(next(lines))
    if rate <= 0:
        raise ValueError("it has no frame rate")
    next(lines)
    for _ in range(int(next(lines))):
        words: list[SpokenWord] = []
        starts: list[tuple[float, str]] = []
        next(lines), next(lines)
        for _ in range(int(next(lines))):
            next(lines), next(lines), next(lines)
            for _ in range(int(next(lines))):
                text, first, last, count = next(lines).rsplit(maxsplit=3)
                words.append(SpokenWord(text, number(first) / rate, (number(last) + 1) / rate))
                for _ in range(int(count)):
                    frame, shape = next(lines).split()
                    starts.append((number(frame) / rate, shape))
                starts.append(((number(last) + 1) / rate, "rest"))
        if words:
            return Timed(tuple(words), _sounds(until_next(starts, seconds)))
    return Timed()


def _sounds(spans: list[Span]) -> tuple[PhoneSegment, ...]:
    unknown = next((span.label for span in spans if span.label.lower() not in PRESTON_BLAIR), None)
    if unknown is not None:
        raise ValueError(f"there is no mouth shape {unknown[:20]!r}")
    return tuple(
        PhoneSegment(PRESTON_BLAIR[span.label.lower()], span.start, span.end) for span in spans if span.end > span.start
    )
