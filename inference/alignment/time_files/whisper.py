"""JSON of Whisper, faster-whisper, WhisperX and whisper.cpp: words with times, or sentences with times."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from .timed import Span, Timed, number, words_of


def read_whisper(content: Any, _seconds: float) -> Timed:
    """The words. Where one has no times of its own, words share those of their sentence by their letters.

    Raises:
        ValueError, KeyError, TypeError: it is damaged.
    """
    segments = content.get("segments", content.get("transcription"))
    return Timed(words_of(span for segment in segments for span in _words(segment)))


def _words(segment: Any) -> Iterator[Span]:
    if "offsets" in segment:
        start, end = (number(segment["offsets"][name]) / 1000 for name in ("from", "to"))
    else:
        start, end = number(segment["start"]), number(segment["end"])
    words = segment.get("words") or []
    timed = [Span(_text(word), number(word["start"]), number(word["end"])) for word in words if "start" in word]
    if words and len(timed) == len(words):
        yield from timed
        return
    texts = [_text(word) for word in words] or str(segment["text"]).split()
    known = dict(zip((i for i, word in enumerate(words) if "start" in word), timed, strict=True))
    shares = np.cumsum([0, *(len(text) + 1 for text in texts)]) / max(sum(len(text) + 1 for text in texts), 1)
    for i, (text, (a, b)) in enumerate(zip(texts, pairwise(start + (end - start) * shares), strict=True)):
        if i in known:
            yield known[i]
            continue
        after = known[i - 1].end if i - 1 in known else float(a)
        before = known[i + 1].start if i + 1 in known else float(b)
        yield Span(text, min(after, before), before)


def _text(word: Any) -> str:
    return str(word.get("word", word.get("text", ""))).strip()
