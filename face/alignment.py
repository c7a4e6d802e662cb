"""What is said when: the words and the phones of a line, with their times."""

import json
from dataclasses import dataclass
from typing import Final, Literal

from .errors import EmoTalkError
from .phones import PHONE_INDEX, PhoneSegment

Origin = Literal["heard", "aligned", "read", "edited"]
"""Where times come from: the network's ear, a text aligned with the sound, somebody else's file, the animator."""

LEAST_FIT: Final = 0.5
"""A word with a lower fit is left to listening."""

_ORIGINS: Final = ("heard", "aligned", "read", "edited")


class AlignmentError(EmoTalkError, ValueError):
    """Times that are no alignment; the message is a sentence for the animator."""


@dataclass(frozen=True)
class SpokenWord:
    """One word of a line.

    Attributes:
        text: as it was written.
        start, end: seconds after the start of the sound.
        fit: how well the sound fits it, 0..1; what fits badly is left to listening.
    """

    text: str
    start: float
    end: float
    fit: float = 1.0


@dataclass(frozen=True)
class Alignment:
    """The words and phones of a line.

    Attributes:
        phones: in order, without gaps from 0 to the end of the sound; silence is SIL.
        words: in order; a line without text has none.
        origin: where the times come from.
    """

    phones: tuple[PhoneSegment, ...]
    words: tuple[SpokenWord, ...] = ()
    origin: Origin = "heard"

    @property
    def seconds(self) -> float:
        """The end of the last phone."""
        return self.phones[-1].end if self.phones else 0.0

    def to_json(self) -> str:
        """As text, to be kept with a line; the same alignment gives the same text."""
        content = {
            "origin": self.origin,
            "phones": [[phone.name, round(phone.start, 4), round(phone.end, 4)] for phone in self.phones],
            "words": [[w.text, round(w.start, 4), round(w.end, 4), round(w.fit, 3)] for w in self.words],
        }
        return json.dumps(content, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Alignment":
        """The alignment that ``to_json`` wrote.

        Raises:
            AlignmentError: it is damaged: no such text, an unknown phone, times out of order.
        """
        try:
            content = json.loads(text)
            phones = tuple(PhoneSegment(str(n), float(a), float(b)) for n, a, b in content["phones"])
            words = tuple(SpokenWord(str(t), float(a), float(b), float(f)) for t, a, b, f in content["words"])
            origin = content["origin"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise AlignmentError("The times of the sounds of this line are damaged; align the line again") from error
        return cls(phones, words, origin).checked()

    def checked(self) -> "Alignment":
        """The same alignment, if it is one.

        Raises:
            AlignmentError: an unknown phone or origin, a time that is no number, or times out of order.
        """
        if self.origin not in _ORIGINS:
            raise AlignmentError(f"The times of this line have an unknown origin {self.origin!r}; align the line again")
        clock = 0.0
        for phone in self.phones:
            if phone.name not in PHONE_INDEX:
                raise AlignmentError(f"There is no sound {phone.name!r}; the sounds are {', '.join(PHONE_INDEX)}")
            if not abs(phone.start - clock) < 1e-3 or not phone.start < phone.end < float("inf"):
                raise AlignmentError(
                    f"The sound {phone.name} at {phone.start:.2f} s is out of order; align the line again"
                )
            clock = phone.end
        for word in self.words:
            if not 0 <= word.start <= word.end < float("inf"):
                raise AlignmentError(f"The word {word.text!r} has no times; align the line again")
        return self
