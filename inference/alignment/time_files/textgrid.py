"""Praat's TextGrid, long and short, as MFA, WebMAUS and others write it; and as EmoTalk writes it.

A TextGrid is read as Praat does: free-standing numbers, texts in quotes and flags in angle brackets count, everything
else is for people.
"""

import re
from collections.abc import Iterator
from typing import Final

from ....face.alignment import Alignment
from .labels import is_phone
from .timed import Span, Timed, TimesError, number, phones_of, words_of

_TOKEN: Final = re.compile(r'"(?:[^"]|"")*"|(?<!\S)-?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?(?!\S)|<\w+>')
_MOST_TIERS: Final = 200
_SHORTEST: Final = 1e-4
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


def to_textgrid(alignment: Alignment) -> str:
    """A long TextGrid with the tiers *words* and *phones*; silence is an empty label."""
    words = [Span(word.text, word.start, word.end) for word in alignment.words if word.end > word.start]
    phones = [Span("" if phone.name == "SIL" else phone.name, phone.start, phone.end) for phone in alignment.phones]
    end = alignment.seconds
    tiers = [("words", _without_gaps(words, end)), ("phones", phones)]
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0", f"xmax = {end:.4f}"]
    lines += ["tiers? <exists>", f"size = {len(tiers)}", "item []:"]
    for tier, (name, spans) in enumerate(tiers, 1):
        lines += [f"    item [{tier}]:", '        class = "IntervalTier"', f'        name = "{name}"']
        lines += ["        xmin = 0", f"        xmax = {end:.4f}", f"        intervals: size = {len(spans)}"]
        for place, span in enumerate(spans, 1):
            label = span.label.replace('"', '""')
            lines += [f"        intervals [{place}]:", f"            xmin = {span.start:.4f}"]
            lines += [f"            xmax = {span.end:.4f}", f'            text = "{label}"']
    return "\n".join(lines) + "\n"


def _without_gaps(words: list[Span], end: float) -> list[Span]:
    filled: list[Span] = []
    clock = 0.0
    for word in [*words, Span("", end, end)]:
        start = max(word.start, clock)
        if start - clock > _SHORTEST:
            filled.append(Span("", clock, start))
        if word.end - start > _SHORTEST:
            filled.append(Span(word.label, start, word.end))
        clock = max(clock, word.end)
    return filled


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
