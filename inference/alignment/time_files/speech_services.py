"""JSON that speech services give beside their sound: Azure, Google, ElevenLabs and Amazon Polly."""

import json
import re
from typing import Any, Final

from ....face.phones import PhoneSegment
from .labels import AZURE_VISEMES, POLLY_VISEMES
from .timed import Span, Timed, TimesError, number, phones_of, until_next, words_of

_TICKS: Final = 1e7
_MILLISECONDS: Final = 1e3


def read_azure(content: Any, seconds: float) -> Timed:
    """Viseme and word boundary events: a list of them, or an object of lists; times in ticks of 100 ns or in ms.

    Raises:
        ValueError, KeyError, TypeError: they are damaged.
    """
    lists = content.values() if isinstance(content, dict) else [content]
    events = [
        {re.sub("[^a-z]", "", name.lower()): value for name, value in event.items()}
        for each in lists
        if isinstance(each, list)
        for event in each
    ]
    latest = max((number(event["audiooffset"]) for event in events), default=0.0)
    unit = _TICKS if latest > 10 * _MILLISECONDS * max(seconds, 1.0) else _MILLISECONDS
    visemes = [
        (number(event["audiooffset"]) / unit, AZURE_VISEMES[int(event["visemeid"])])
        for event in events
        if "visemeid" in event
    ]
    words = []
    for event in events:
        if "text" in event and event.get("boundarytype", "Word") in ("Word", "WordBoundary"):
            start = number(event["audiooffset"]) / unit
            words.append(Span(str(event["text"]), start, start + _duration(event.get("duration", 0), unit)))
    return Timed(words_of(words), _sounds(visemes, seconds))


def _duration(value: Any, unit: float) -> float:
    """Ticks or milliseconds; the SDK of Python writes a duration as h:mm:ss."""
    if isinstance(value, str) and ":" in value:
        hours, minutes, seconds = value.split(":")
        return number(hours) * 3600 + number(minutes) * 60 + number(seconds)
    return number(value) / unit


def read_google(content: Any, seconds: float) -> Timed:
    """Time points whose marks are named after the words that follow them.

    Raises:
        ValueError, KeyError, TypeError: they are damaged.
    """
    points = [(number(point["timeSeconds"]), str(point["markName"])) for point in content["timepoints"]]
    if points and all(re.fullmatch(r"\W*\d*\W*", name) or re.fullmatch(r"[a-z]*_?\d+", name) for _, name in points):
        raise TimesError("The marks of these time points are numbers; name each mark after the word that follows it")
    return Timed(words_of(until_next(points, seconds)))


def read_elevenlabs(content: Any, _seconds: float) -> Timed:
    """Characters with times, put together to words.

    Raises:
        ValueError, KeyError, TypeError: they are damaged.
    """
    timed = content.get("alignment") or content.get("normalized_alignment") or content
    words: list[Span] = []
    is_new = True
    for character, start, end in zip(
        timed["characters"],
        timed["character_start_times_seconds"],
        timed["character_end_times_seconds"],
        strict=True,
    ):
        if not str(character).strip():
            is_new = True
        elif is_new:
            words.append(Span(str(character), number(start), number(end)))
            is_new = False
        else:
            words[-1] = Span(words[-1].label + str(character), words[-1].start, number(end))
    return Timed(words_of(words))


def read_polly(text: str, seconds: float) -> Timed:
    """Speech marks, a JSON object on each line: words and visemes.

    Raises:
        ValueError, KeyError, TypeError: they are damaged.
    """
    marks = [json.loads(line) for line in text.splitlines() if line.strip()]
    starts: dict[str, list[tuple[float, str]]] = {"word": [], "viseme": []}
    for mark in marks:
        if mark["type"] in starts:
            starts[mark["type"]].append((number(mark["time"]) / _MILLISECONDS, str(mark["value"])))
    visemes = [(start, POLLY_VISEMES[value]) for start, value in starts["viseme"]]
    return Timed(words_of(until_next(starts["word"], seconds)), _sounds(visemes, seconds))


def _sounds(starts: list[tuple[float, str]], seconds: float) -> tuple[PhoneSegment, ...]:
    """Phones that last until the next one, in the order of their times."""
    return phones_of(until_next(sorted(starts, key=lambda start: start[0]), seconds))
