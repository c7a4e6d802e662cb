"""When the lips touch and when somebody speaks, from the phones of a line: spans in seconds, and ramps around them."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import numpy as np

from .phones import BILABIALS, CLOSURE_SHARE, LABIODENTALS, PhoneSegment, fill_gaps

CONTACT_RAMP: Final = 0.040
"""Seconds in which a contact comes and goes."""

SPEECH_RAMP: Final = 0.15
"""Seconds in which the mouth leaves its rest before speech, and returns to it."""

_SHORTEST_CONTACT: Final = 0.050
_REST: Final = 0.2
_PAUSE: Final = 0.25
"""Silences shorter than this (s) count as speech."""


def bilabial_spans(phones: Iterable[PhoneSegment]) -> np.ndarray:
    """(k, 2) starts and ends of closed lips: all of an m, of p and b what comes before the burst."""
    return _pairs(_closure(phone) for phone in phones if phone.name in BILABIALS)


def labiodental_spans(phones: Iterable[PhoneSegment]) -> np.ndarray:
    """(k, 2) starts and ends of the lower lip at the teeth."""
    return _pairs(_hold(phone.start, phone.end) for phone in phones if phone.name in LABIODENTALS)


def speech_spans(phones: Iterable[PhoneSegment]) -> np.ndarray:
    """(k, 2) starts and ends of speech, short pauses within it included."""
    speech: list[tuple[float, float]] = []
    for phone in phones:
        if phone.name == "SIL":
            continue
        if speech and phone.start - speech[-1][1] < _PAUSE:
            speech[-1] = (speech[-1][0], phone.end)
        else:
            speech.append((phone.start, phone.end))
    return _pairs(speech)


def bridge_pauses(phones: Iterable[PhoneSegment]) -> tuple[PhoneSegment, ...]:
    """The phones without the silences in which the lips do not come to rest: below 0.2 s, between two other phones.

    The phone before such a silence lasts until its end; where that is a p, b or m, the phone after it begins earlier.
    The silences of stops, and gaps between words, are as short.
    """
    bridged: list[PhoneSegment] = []
    phones = list(phones)
    phones = fill_gaps(phones, phones[-1].end) if phones else ()
    for i, phone in enumerate(phones):
        between = bool(bridged) and i + 1 < len(phones) and phone.end - phone.start < _REST
        if phone.name != "SIL" or not between:
            bridged.append(replace(phone, start=bridged[-1].end if bridged else phone.start))
        elif bridged[-1].name not in BILABIALS:
            bridged[-1] = replace(bridged[-1], end=phone.end)
    return tuple(bridged)


def ramps(spans: np.ndarray, times: np.ndarray, ramp: float) -> np.ndarray:
    """How far each time lies within any of the spans.

    Args:
        spans: (k, 2) starts and ends, s.
        times: (frames,) s.
        ramp: length of the cosine ramps outside of the spans, s.

    Returns:
        (frames,) float32, 1 within, 0 further away than the ramp.
    """
    strength = np.zeros(len(times), np.float32)
    if not len(spans) or not len(times):
        return strength
    for start, end in spans[(spans[:, 1] > times[0] - ramp) & (spans[:, 0] < times[-1] + ramp)]:
        near = slice(*np.searchsorted(times, (start - ramp, end + ramp)))
        outside = np.clip(np.maximum(start - times[near], times[near] - end) / ramp, 0, 1)
        np.maximum(strength[near], 0.5 + 0.5 * np.cos(np.pi * outside), out=strength[near])
    return strength


def _closure(phone: PhoneSegment) -> tuple[float, float]:
    share = 1.0 if phone.name == "M" else CLOSURE_SHARE
    return _hold(phone.start, phone.start + share * (phone.end - phone.start))


def _hold(start: float, end: float) -> tuple[float, float]:
    """A span of at least ``_SHORTEST_CONTACT`` around the same middle."""
    missing = max(_SHORTEST_CONTACT - (end - start), 0)
    return start - missing / 2, end + missing / 2


def _pairs(spans: Iterable[tuple[float, float]]) -> np.ndarray:
    return np.array(list(spans), np.float64).reshape(-1, 2)
