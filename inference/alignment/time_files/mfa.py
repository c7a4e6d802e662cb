"""JSON of the Montreal Forced Aligner: tiers of entries ``[start, end, label]``."""

from typing import Any

from .timed import Span, Timed, TimesError, number, phones_of, words_of


def read_mfa(content: Any, _seconds: float) -> Timed:
    """The words and phones; of several speakers, all.

    Raises:
        TimesError: it has no tier of words or phones.
        ValueError, KeyError, TypeError: it is damaged.
    """
    tiers = {"words": [], "phones": []}  # type: dict[str, list[Span]]
    for name, tier in content["tiers"].items():
        kind = next((kind for kind in tiers if name.lower().endswith(kind)), None)
        if kind is not None:
            tiers[kind] += (Span(str(label), number(start), number(end)) for start, end, label in tier["entries"])
    if not any(tiers.values()):
        raise TimesError("These times have no tier of words or phones")
    by_start = {kind: sorted(spans, key=lambda span: span.start) for kind, spans in tiers.items()}
    return Timed(words_of(by_start["words"]), phones_of(by_start["phones"]))
