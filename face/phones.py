"""Phones with times: the phone set that every corpus and every text is mapped to, and its classes of lip contact."""

from dataclasses import dataclass
from typing import Final

_VOWEL_NAMES: Final = "AA AE AH AO AW AX AY EH ER EY IH IY OW OY UH UW"
_CONSONANT_NAMES: Final = "B CH D DH F G HH JH K L M N NG P R S SH T TH V W Y Z ZH"
PHONES: Final[tuple[str, ...]] = ("SIL", *sorted(f"{_VOWEL_NAMES} {_CONSONANT_NAMES}".split()))
"""Silence first, then ARPAbet's 39 phones and AX, the schwa of 'about', in alphabetical order."""

PHONE_INDEX: Final[dict[str, int]] = {phone: i for i, phone in enumerate(PHONES)}
VOWELS: Final = frozenset(_VOWEL_NAMES.split())
BILABIALS: Final = frozenset("P B M".split())
LABIODENTALS: Final = frozenset("F V".split())
SIBILANTS: Final = frozenset("S Z SH ZH CH JH".split())

CLOSURE_SHARE: Final = 0.7
"""Share of a p or b that is its closure; the rest is the burst."""

EXAMPLES: Final[dict[str, str]] = {
    "SIL": "silence",
    "AA": "father",
    "AE": "cat",
    "AH": "cut",
    "AO": "thought",
    "AW": "cow",
    "AX": "about",
    "AY": "hide",
    "B": "be",
    "CH": "cheese",
    "D": "day",
    "DH": "this",
    "EH": "bed",
    "ER": "bird",
    "EY": "say",
    "F": "fee",
    "G": "go",
    "HH": "he",
    "IH": "sit",
    "IY": "see",
    "JH": "just",
    "K": "key",
    "L": "let",
    "M": "me",
    "N": "no",
    "NG": "sing",
    "OW": "go",
    "OY": "boy",
    "P": "pea",
    "R": "red",
    "S": "sea",
    "SH": "she",
    "T": "tea",
    "TH": "thin",
    "UH": "book",
    "UW": "two",
    "V": "very",
    "W": "we",
    "Y": "yes",
    "Z": "zoo",
    "ZH": "pleasure",
}
"""A word with each phone."""

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
class PhoneSegment:
    """One phone of a line, with its times.

    Attributes:
        name: one of ``PHONES``.
        start, end: seconds after the start of the sound.
    """

    name: str
    start: float
    end: float


def parse_label(label: str) -> str:
    """The phone of ``PHONES`` for a corpus's label. Raises KeyError for an unknown label."""
    name = label.upper().rstrip("012")
    name = _OTHER_NAMES.get(name, name)
    if name not in PHONE_INDEX:
        raise KeyError(f"there is no phone for the label {label!r}")
    return name


def fill_gaps(phones: list[PhoneSegment], seconds: float) -> tuple[PhoneSegment, ...]:
    """The phones with gaps filled by silence up to the end of the sound, and adjacent silences joined."""
    filled: list[PhoneSegment] = []
    clock = 0.0
    for phone in [*phones, PhoneSegment("SIL", seconds, seconds)]:
        if phone.start > clock + 1e-3:
            filled.append(PhoneSegment("SIL", clock, phone.start))
        if phone.end > phone.start:
            filled.append(phone)
        clock = max(clock, phone.end)
    joined: list[PhoneSegment] = []
    for phone in filled:
        if joined and phone.name == joined[-1].name == "SIL":
            joined[-1] = PhoneSegment("SIL", joined[-1].start, phone.end)
        else:
            joined.append(phone)
    return tuple(joined)


def mark_schwas(phones: tuple[PhoneSegment, ...]) -> tuple[PhoneSegment, ...]:
    """Short AH as AX (schwa), for aligners whose dictionary does not mark stress."""
    return tuple(
        PhoneSegment("AX", p.start, p.end) if p.name == "AH" and p.end - p.start < _SHORT_AH_SECONDS else p
        for p in phones
    )
