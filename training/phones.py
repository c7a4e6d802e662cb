"""Phones with times: the alphabet that every corpus is brought to, and the parts a mouth plays them in."""

from dataclasses import dataclass
from typing import Final

import numpy as np

_VOWEL_NAMES: Final = "AA AE AH AO AW AX AY EH ER EY IH IY OW OY UH UW"
_CONSONANT_NAMES: Final = "B CH D DH F G HH JH K L M N NG P R S SH T TH V W Y Z ZH"
PHONES: Final[tuple[str, ...]] = ("SIL", *sorted(f"{_VOWEL_NAMES} {_CONSONANT_NAMES}".split()))
"""ARPAbet's 39 phones, silence first, and AX for the unstressed vowel of 'about'."""

PHONE_INDEX: Final[dict[str, int]] = {phone: i for i, phone in enumerate(PHONES)}
VOWELS: Final = frozenset(_VOWEL_NAMES.split())
BILABIALS: Final = frozenset("P B M".split())
LABIODENTALS: Final = frozenset("F V".split())
SIBILANTS: Final = frozenset("S Z SH ZH CH JH".split())

CLOSURE_SHARE: Final = 0.7
"""How much of a p or b is its closure; the rest is the burst."""

_OTHER_NAMES: Final[dict[str, str]] = {
    "PAU": "SIL",
    "H#": "SIL",
    "SP": "SIL",
    "+SPN+": "SIL",
    "+NSN+": "SIL",
    "<SIL>": "SIL",
    "AXR": "ER",
    "EL": "L",
    "EM": "M",
    "EN": "N",
    "DX": "T",
}
_SHORT_AH_SECONDS: Final = 0.07


@dataclass(frozen=True)
class Phone:
    """One phone as it was spoken.

    Attributes:
        name: one of ``PHONES``.
        start, end: seconds after the start of the sound.
    """

    name: str
    start: float
    end: float


@dataclass(frozen=True)
class SpokenLine:
    """A recording and what is said in it.

    Attributes:
        name: unique within a corpus.
        speaker: whose voice it is; training and evaluation never share a speaker.
        samples: (n,) int16 at 16 kHz.
        phones: without gaps from 0 to the end of the sound.
    """

    name: str
    speaker: str
    samples: np.ndarray
    phones: tuple[Phone, ...]


def named(label: str) -> str:
    """The phone of ``PHONES`` that a corpus means by a label. Raises KeyError for an unknown one."""
    name = label.upper().rstrip("012")
    name = _OTHER_NAMES.get(name, name)
    if name not in PHONE_INDEX:
        raise KeyError(f"{label!r} is no phone known here")
    return name


def without_gaps(phones: list[Phone], seconds: float) -> tuple[Phone, ...]:
    """The phones with silence put before, between and after them and equal silences joined."""
    filled: list[Phone] = []
    clock = 0.0
    for phone in [*phones, Phone("SIL", seconds, seconds)]:
        if phone.start > clock + 1e-3:
            filled.append(Phone("SIL", clock, phone.start))
        if phone.end > phone.start:
            filled.append(phone)
        clock = max(clock, phone.end)
    joined: list[Phone] = []
    for phone in filled:
        if joined and phone.name == joined[-1].name == "SIL":
            joined[-1] = Phone("SIL", joined[-1].start, phone.end)
        else:
            joined.append(phone)
    return tuple(joined)


def with_schwas(phones: tuple[Phone, ...]) -> tuple[Phone, ...]:
    """Short AH as AX, for aligners whose dictionary does not mark stress."""
    return tuple(
        Phone("AX", p.start, p.end) if p.name == "AH" and p.end - p.start < _SHORT_AH_SECONDS else p for p in phones
    )
