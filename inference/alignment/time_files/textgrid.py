"""Praat's TextGrid, long and short, as MFA, WebMAUS and others write it.

A TextGrid is read as Praat does: free-standing numbers, texts in quotes and flags in angle brackets count, everything
else is for people.
"""

import re
from collections.abc import Iterator
from typing import Final

from .labels import is_phone
from .timed import Span, Timed, TimesError, number, phones_of, words_of

_TOKEN: Final = re.compile(r'"(?:[^"]|"")*"|(?<!\S)-?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?(?!\S)|<\w+>')
_MOST_TIERS: Final = 200
_PHONE_TIERS: Final = re.compile("phon|mau|seg|sound|allo", re.IGNORECASE)
_WORD_TIERS: Final = re.compile("word|ort|token|text|trans", re.IGNORECASE)


def read_textgrid(text: str, _seconds: float) -> Timed:
    """The words and phones of a TextGrid: the tiers whose names say so, else those whose labels are such.

    Raises:
        TimesError: it has no tier of words or phones.
        ValueError: it is damaged.
    """
    tiers = _read_tiers(iter(_TOKEN.findall(text)))
    phones = _choose(tiers, _PHONE_TIERS, are_phones=True)
    words = _choose([tier for tier in tiers if tier[1] is not phones], _WORD_TIERS, are_phones=False)
    if not phones and not words:
        raise TimesError("This TextGrid has no tier of intervals with words or sounds")
    return Timed(words_of(words), phones_of(phones))


def _read_tiers(tokens: Iterator[str]) -> list[tuple[str, list[Span]]]:
    tiers: list[tuple[str, list[Span]]] = []
    try:
        if (next(tokens), next(tokens)) != ('"ooTextFile"', '"TextGrid"'):
            raise ValueError("it does not begin as a TextGrid")
        next(tokens), next(tokens), next(tokens)
        count = int(next(tokens))
        if not 0 <= count <= _MOST_TIERS:
            raise ValueError(f"{count} tiers")
        for _ in range(count):
            kind, name = next(tokens), next(tokens)[1:-1]
            next(tokens), next(tokens)
            spans = []
            for _ in range(int(next(tokens))):
                start = number(next(tokens))
                end = number(next(tokens)) if kind == '"IntervalTier"' else start
                spans.append(Span(next(tokens)[1:-1].replace('""', '"'), start, end))
            if kind == '"IntervalTier"':
                tiers.append((name, spans))
    except StopIteration:
        raise ValueError("it ends too early") from None
    return tiers


def _choose(tiers: list[tuple[str, list[Span]]], names: re.Pattern[str], *, are_phones: bool) -> list[Span]:
    """The labels of the tier of this kind with the most of them."""
    of_kind = [spans for _, spans in tiers if all(is_phone(span.label) for span in spans) == are_phones]
    named = [spans for name, spans in tiers if names.search(name)]
    candidates = [spans for spans in named if any(span.label.strip() for span in spans)] or of_kind
    return max(candidates, key=lambda spans: sum(bool(span.label.strip()) for span in spans), default=[])
