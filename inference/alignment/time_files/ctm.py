"""NIST's CTM, as Kaldi and NeMo write it: ``recording channel start duration label [confidence]``."""

from .labels import is_phone
from .timed import Span, Timed, TimesError, number, phones_of, words_of


def read_ctm(text: str, _seconds: float) -> Timed:
    """The words, or the phones if all labels are such.

    Raises:
        TimesError: it has the times of several recordings.
        ValueError: it is damaged.
    """
    spans: list[Span] = []
    recordings: set[tuple[str, str]] = set()
    for line in text.splitlines():
        cells = line.partition(";;")[0].split()
        if not cells:
            continue
        if len(cells) < 5:
            raise ValueError(f"the line {line[:60]!r} has fewer than five columns")
        recordings.add((cells[0], cells[1]))
        start = number(cells[2])
        spans.append(Span(cells[4], start, start + number(cells[3])))
    if len(recordings) > 1:
        raise TimesError("This file has the times of several recordings; give the lines of one of them")
    if spans and all(is_phone(span.label) for span in spans):
        return Timed((), phones_of(spans))
    return Timed(words_of(spans))
