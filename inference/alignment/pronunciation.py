"""How the words of a text are pronounced: a table of one's own, the dictionary, endings, compounds, letters."""

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import islice, product
from pathlib import Path
from typing import Final

from ...face.phones import PHONE_INDEX, SIBILANTS, parse_label
from .dictionary import look_up
from .letters import sound_out
from .search import Pronunciation
from .spoken_text import TextError, TextWord

MOST_PRONUNCIATIONS: Final = 8
"""Of one word of a text."""
TABLE_LIMIT: Final = 1024 * 1024
"""Bytes of a table of one's own."""
_LONGEST: Final = 80
"""Phones of one word."""

_VOICELESS: Final = frozenset(PHONE_INDEX[name] for name in "P T K F TH".split())
_HISSING: Final = frozenset(PHONE_INDEX[name] for name in SIBILANTS)
_IH, _N, _S, _Z, _T, _D, _ER, _L, _IY = (PHONE_INDEX[name] for name in "IH N S Z T D ER L IY".split())
_NG: Final = PHONE_INDEX["NG"]
_SHORTEST_PART: Final = 4


class Pronunciations:
    """How words are pronounced.

    Args:
        own: pronunciations that come before the dictionary's, by words in lower case (``read_table``).
    """

    def __init__(self, own: Mapping[str, tuple[Pronunciation, ...]] | None = None) -> None:
        self._own = dict(own or {})

    def of(self, word: TextWord) -> tuple[Pronunciation, ...]:
        """The pronunciations of a word of a text, the most usual first, at least one."""
        own = self._own.get(word.text.lower())
        if own:
            return own[:MOST_PRONUNCIATIONS]
        found: dict[Pronunciation, None] = {}
        for way in word.ways:
            for parts in islice(product(*map(self._of_spoken, way)), MOST_PRONUNCIATIONS):
                found[tuple(phone for part in parts for phone in part)[:_LONGEST]] = None
        return tuple(each for each in found if each)[:MOST_PRONUNCIATIONS] or ((PHONE_INDEX["AX"],),)

    def knows(self, word: TextWord) -> bool:
        """Whether a word is pronounced as a table or the dictionary says, and not sounded out."""
        return word.text.lower() in self._own or any(all(map(self._known, way)) for way in word.ways)

    def _of_spoken(self, spoken: str) -> tuple[Pronunciation, ...]:
        return self._known(spoken) or (sound_out(re.sub("[^a-z]", "", spoken)),)

    def _known(self, spoken: str) -> tuple[Pronunciation, ...]:
        return (
            self._own.get(spoken)
            or look_up(spoken)
            or look_up(spoken.strip("'"))
            or self._with_ending(spoken)
            or _compound(spoken)
        )

    def _with_ending(self, spoken: str) -> tuple[Pronunciation, ...]:
        """The pronunciations of a known word with an ending: Ziva's, runnin', unboxed, rigging."""
        for pattern, changes, end in _ENDINGS:
            found = re.fullmatch(pattern, spoken)
            if found is None:
                continue
            for stem in (found[1] + change for change in changes):
                stems = self._own.get(stem) or look_up(stem)
                if stems:
                    return tuple(map(end, stems))
        if spoken.endswith("'s"):
            return (_plural(sound_out(re.sub("[^a-z]", "", spoken[:-2]))),)
        return ()


def _plural(stem: Pronunciation) -> Pronunciation:
    if stem and stem[-1] in _HISSING:
        return (*stem, _IH, _Z)
    return (*stem, _S if stem and stem[-1] in _VOICELESS else _Z)


def _past(stem: Pronunciation) -> Pronunciation:
    if stem and stem[-1] in (_T, _D):
        return (*stem, _IH, _D)
    return (*stem, _T if stem and stem[-1] in _VOICELESS | _HISSING - {_Z} else _D)


_ENDINGS: Final[tuple[tuple[str, tuple[str, ...], Callable[[Pronunciation], Pronunciation]], ...]] = (
    (r"(.+)'s", ("",), _plural),
    (r"(.+s)'", ("",), lambda stem: stem),
    (r"(.+in)'", ("g",), lambda stem: (*stem[:-1], _N)),
    (r"(.{3,})s", ("",), _plural),
    (r"(.{3,})es", ("",), _plural),
    (r"(.{3,})ed", ("", "e"), _past),
    (r"(.{2,}?)([bdgklmnprt])\2ed", ("",), _past),
    (r"(.{3,})ing", ("", "e"), lambda stem: (*stem, _IH, _NG)),
    (r"(.{2,}?)([bdgklmnprt])\2ing", ("",), lambda stem: (*stem, _IH, _NG)),
    (r"(.{3,})er", ("", "e"), lambda stem: (*stem, _ER)),
    (r"(.{3,})ly", ("",), lambda stem: (*stem, _L, _IY)),
    (r"(.{3,})ness", ("",), lambda stem: (*stem, _N, _IH, _S)),
)
"""The spelling of an ending, what the stem may lack before it, and what it makes of the stem's pronunciation."""


def _compound(spoken: str) -> tuple[Pronunciation, ...]:
    """The pronunciation of two known words in one: blendshape, lipsync."""
    for place in range(len(spoken) - _SHORTEST_PART, _SHORTEST_PART - 1, -1):
        first, second = look_up(spoken[:place]), look_up(spoken[place:])
        if first and second:
            return (first[0] + second[0],)
    return ()


def read_table(path: str | Path) -> dict[str, tuple[Pronunciation, ...]]:
    """A table of one's own: a line for each word, ``Ziva  Z IY V AX``.

    Phones are ARPAbet's, with or without numbers for stress. # begins a comment; several lines of one word are several
    pronunciations.

    Raises:
        TextError: it is too large, no text, or has lines that say nothing; the message names them.
        OSError: it cannot be read.
    """
    path = Path(path)
    with path.open("rb") as file:
        data = file.read(TABLE_LIMIT + 1)
    if len(data) > TABLE_LIMIT:
        raise TextError(f"{path.name} is larger than {TABLE_LIMIT // 2**20} MiB; split it")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise TextError(f"{path.name} is no text in UTF-8; save it as such") from None
    return _table_of(text.splitlines(), path.name)


def _table_of(lines: Iterable[str], name: str) -> dict[str, tuple[Pronunciation, ...]]:
    table: dict[str, tuple[Pronunciation, ...]] = {}
    for number, line in enumerate(lines, 1):
        word, *labels = line.partition("#")[0].split() or [""]
        if not word:
            continue
        try:
            phones = tuple(PHONE_INDEX[parse_label(label)] for label in labels)
        except KeyError as error:
            raise TextError(
                f"Line {number} of {name}: {error.args[0]}; the sounds are {' '.join(PHONE_INDEX)}"
            ) from None
        if not phones or len(phones) > _LONGEST or not all(phones):
            raise TextError(f"Line {number} of {name} must be a word and its sounds, such as: Ziva  Z IY V AX")
        table[word.lower()] = (*table.get(word.lower(), ()), phones)
    return table
