"""Texts as they are written, to words as they are spoken: numerals, abbreviations, initials, stage directions."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from ..contract import EmoTalkError
from .numerals import MOST_WAYS, roman, say_numeral

LONGEST_TEXT: Final = 1_000_000
"""Characters; a feature film's script has a fifth of them."""

_LONGEST_WORD: Final = 60
"""Characters; whatever is longer is no word."""

_DIRECTIONS: Final = re.compile(r"\[[^\[\]]*\]|\([^()]*\)|\{[^{}]*\}|<[^<>]*>|(?<!\S)\*[^*\n]{1,80}\*(?!\S)")
_DOTTED: Final = re.compile(r"(?:[A-Za-z]\.){2,}[A-Za-z]?")
_TOKEN: Final = re.compile(
    r"[$£€¥]?(?:(?<![\w)])[-−+])?[0-9](?:[0-9a-zA-Z/%°']|[.,:-](?=[0-9a-zA-Z]))*|[^\W\d_]+(?:['.][^\W\d_]+)*'?|'[^\W\d_]+|[&@%+=#]"
)
_SIGNS: Final = {"&": "and", "@": "at", "%": "percent", "+": "plus", "=": "equals", "#": "number"}
_ABBREVIATIONS: Final = {
    "mr": "mister",
    "mrs": "missus",
    "ms": "miz",
    "dr": "doctor",
    "prof": "professor",
    "sgt": "sergeant",
    "capt": "captain",
    "lt": "lieutenant",
    "col": "colonel",
    "gen": "general",
    "rev": "reverend",
    "hon": "honorable",
    "jr": "junior",
    "sr": "senior",
    "st": "saint|street",
    "ave": "avenue",
    "blvd": "boulevard",
    "mt": "mount",
    "vs": "versus",
    "etc": "et cetera",
    "approx": "approximately",
    "dept": "department",
    "inc": "incorporated",
    "ltd": "limited",
    "jan": "january",
    "feb": "february",
    "aug": "august",
    "sept": "september",
    "oct": "october",
    "nov": "november",
    "dec": "december",
}
_NEED_DOT: Final = frozenset("col gen hon inc jan dec rev oct st".split())
"""Abbreviations that are words of their own without a dot."""


class TextError(EmoTalkError, ValueError):
    """A text that cannot be aligned; the message is a sentence."""


@dataclass(frozen=True)
class TextWord:
    """One word of a text.

    Attributes:
        text: as it is written, without punctuation.
        ways: the ways to say it, each a sequence of spoken words in lower case; an initial is one letter with a dot.
    """

    text: str
    ways: tuple[tuple[str, ...], ...]


def read_text(text: str) -> tuple[TextWord, ...]:
    """The words of a text. What stands in brackets or between asterisks is a stage direction and not spoken.

    Raises:
        TextError: it is too long, has no word, or is written in another script.
    """
    if len(text) > LONGEST_TEXT:
        raise TextError(f"The text has more than {LONGEST_TEXT:,} characters; give the words of this line only")
    plain = _without_directions(_plain(text))
    loud = plain.isupper() and len(plain.split()) > 1
    words = []
    for written in plain.split():
        words += _words_of(written, loud=loud)
    if not words:
        raise TextError(_why_none(text))
    return tuple(words)


def _plain(text: str) -> str:
    """Without typographic quotes, dashes and ellipses."""
    return unicodedata.normalize("NFC", text).translate(_TYPOGRAPHY)


def _fold(token: str) -> str:
    """In small Latin letters without accents: Citroën is citroen."""
    spread = unicodedata.normalize("NFKD", token.casefold().translate(_LETTERS))
    return "".join(character for character in spread if not unicodedata.combining(character))


_TYPOGRAPHY: Final = {
    **dict.fromkeys(map(ord, "‘’ʼ`´"), "'"),
    **dict.fromkeys(map(ord, "“”„«»"), '"'),
    **dict.fromkeys(map(ord, "—–―…"), " "),
    ord("º"): "°",
    ord("‑"): "-",
    ord("\N{SOFT HYPHEN}"): "",
}
_LETTERS: Final = {ord("æ"): "ae", ord("œ"): "oe", ord("ø"): "o", ord("ł"): "l", ord("ð"): "th", ord("þ"): "th"}


def _without_directions(text: str) -> str:
    shorter = _DIRECTIONS.sub(" ", text)
    while shorter != text:  # brackets within brackets
        text, shorter = shorter, _DIRECTIONS.sub(" ", shorter)
    return text


def _words_of(written: str, *, loud: bool) -> list[TextWord]:
    """The words of a piece of text without spaces."""
    if found := _DOTTED.search(written):
        letters = tuple(f"{letter.lower()}." for letter in found[0] if letter != ".")
        return [TextWord(found[0], (letters,))]
    if not any(character.isdigit() for character in written):
        written = written.strip("-").replace("--", " ")
        parts = re.split(r"[\s/]+", written)
        return [word for part in parts if (word := _hyphenated(part, loud=loud)) is not None]
    words = []
    for token in _TOKEN.findall(written):
        if word := _single(token.rstrip(".,:-'") if token[:1].isdigit() else token, written, loud=loud):
            words.append(word)
    return words


def _hyphenated(written: str, *, loud: bool) -> TextWord | None:
    """One word of parts with hyphens between them, each part with its first way but the whole with all of a single."""
    parts = [
        word
        for token in _TOKEN.findall(written.replace("-", " "))
        if (word := _single(token, written, loud=loud)) is not None
    ]
    if len(parts) < 2:
        return parts[0] if parts else None
    shown = written.strip("\"'.,:;!?-")
    return TextWord(shown, (tuple(spoken for part in parts for spoken in part.ways[0]),))


def _single(token: str, written: str, *, loud: bool) -> TextWord | None:
    if not token or len(token) > _LONGEST_WORD:
        return None
    if token in _SIGNS:
        return TextWord(token, ((_SIGNS[token],),))
    if any(character.isdigit() for character in token):
        return _of_ways(token, say_numeral(token))
    lower = _fold(token)
    if not re.search("[a-z]", lower):
        return None
    if lower in _ABBREVIATIONS and (lower not in _NEED_DOT or f"{token}." in written):
        return _of_ways(token, tuple(_ABBREVIATIONS[lower].split("|")))
    ways: list[tuple[str, ...]] = [(lower,)]
    if not loud and token.isupper() and 2 <= len(token) <= 6 and lower.isascii() and lower.isalpha():
        ways = [*(tuple(way.split()) for way in roman(token)), *ways, tuple(f"{letter}." for letter in lower)]
    return TextWord(token.strip("'") or token, tuple(ways))


def _of_ways(token: str, ways: tuple[str, ...]) -> TextWord | None:
    spoken = tuple(tuple(way.split()) for way in ways[:MOST_WAYS])
    return TextWord(token, spoken) if spoken else None


def _why_none(text: str) -> str:
    if any(character.isalpha() for character in text):
        return (
            "The text has no word in Latin letters; EmoTalk knows how English is spoken, so this line was left to "
            "listening"
        )
    return "The text has no words, so this line was left to listening"
