"""What the columns of a cue sheet mean, by the names that people give them."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from ..face.controls import CONTROLS, LINE_CONTROLS
from ..face.emotions import ALIASES, EMOTIONS

FILE: Final = "file"
START: Final = "start"
FRAME: Final = "frame"
CHARACTER: Final = "character"
NAME: Final = "name"
TEXT: Final = "text"
MODEL: Final = "model"
EMOTION: Final = "emotion"

SYNONYMS: Final[dict[str, tuple[str, ...]]] = {
    FILE: ("audio", "wav", "sound", "path", "filename", "file name", "audio file", "sound file", "wav file", "clip"),
    START: ("timecode", "time code", "tc", "tc in", "timecode in", "in", "start time", "start tc", "time", "begin"),
    FRAME: ("start frame", "frame in", "frame start", "first frame"),
    CHARACTER: ("speaker", "actor", "role", "who"),
    NAME: ("id", "line id", "cue", "line name"),
    TEXT: ("line", "dialogue", "dialog", "transcript", "words", "script"),
    MODEL: ("network",),
    EMOTION: ("emotions", "mood"),
    "intensity": ("emotion intensity",),
    "emotion_level": ("level",),
    "personal_style": ("style",),
}
"""The columns that are no sliders, and three that are -> other names of them, in the spelling of ``plain``."""

_WORDS: Final = re.compile(r"[\s_\-./]+")


def plain(header: str) -> str:
    """A header without capitals and punctuation: "TC-In" and "tc_in" are "tc in"."""
    return _WORDS.sub(" ", header.strip().casefold()).strip()


def meaning_of(header: str, emotions: Iterable[str] = EMOTIONS) -> str | None:
    """What a column holds: one of the constants above, or the name of a control or an emotion; None if unknown.

    Args:
        header: as it stands in the sheet.
        emotions: names of the emotions of the models that there are.
    """
    return _meanings(tuple(emotions)).get(plain(header))


def known_columns(headers: Sequence[str], emotions: Iterable[str] = EMOTIONS) -> int:
    """How many of these headers mean something."""
    meanings = _meanings(tuple(emotions))
    return sum(plain(header) in meanings for header in headers)


@lru_cache
def _meanings(emotions: tuple[str, ...]) -> dict[str, str]:
    """Every header that is understood -> what it means; the names of controls win over their labels."""
    controls = (*CONTROLS, *LINE_CONTROLS)
    found = {plain(control.label): control.name for control in controls}
    found |= ALIASES
    found |= {plain(name): name for name in emotions}
    found |= {plain(control.name): control.name for control in controls}
    for column, others in SYNONYMS.items():
        found |= dict.fromkeys((plain(column), *others), column)
    return found
