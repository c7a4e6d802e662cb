"""The text of a line from a file: plain, subtitles (SRT, WebVTT), a screenplay (Fountain, or lines ``NAME: text``)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Final

from .spoken_text import TextError

SIZE_LIMIT: Final = 4 * 1024 * 1024
"""Bytes of a text file; the script of a series has a fourth of it."""

_CUE: Final = re.compile(
    r"^[ \t]*((?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3})[ \t]*-->[ \t]*((?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3})[^\n]*\n",
    re.MULTILINE,
)
_VOICE: Final = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]*)>")
_MARKUP: Final = re.compile(r"<[^<>]*>|\{\\[^{}]*\}")
_NAMED_LINE: Final = re.compile(r"^\s*([^\W\d_][\w .'’-]{0,40}?)\s*(?:\([^()]*\))?\s*:\s+(.*)$")
_CHARACTER: Final = re.compile(
    r"^\s*(?:@(?P<forced>[^()^]+)|(?P<name>[^a-z()^]*[A-Z][^a-z()^]*))(?:\([^()]*\)\s*)*\^?\s*$"
)
_NOTES: Final = re.compile(r"\[\[.*?\]\]|/\*.*?\*/", re.DOTALL)
_SHOWN: Final = 12


@dataclass(frozen=True)
class _Spoken:
    """A line of somebody; "" where the script does not say whose."""

    character: str
    text: str


def text_beside(sound: str | Path) -> Path | None:
    """The text beside a sound file, ``line.txt`` beside ``line.wav``; None if there is none."""
    path = Path(sound).with_suffix(".txt")
    return path if path.is_file() else None


def read_text_file(path: str | Path, character: str = "", start: float = 0.0, end: float = float("inf")) -> str:
    """What is said in a line.

    Args:
        path: a text, .srt or .vtt, or a screenplay (.fountain, or any text if a character is given).
        character: whose lines are wanted; "" takes those of all.
        start: seconds at which the sound begins in the time of subtitles.
        end: seconds at which it ends.

    Returns:
        The text; "" if there are no subtitles in that time.

    Raises:
        TextError: it is too large, no text, or has no line of that character.
        OSError: it cannot be read.
    """
    path = Path(path)
    text = _decode(path)
    if path.suffix.lower() in (".srt", ".vtt") or text.startswith("WEBVTT"):
        lines = _subtitles(text, path.name, start, end)
    elif path.suffix.lower() in (".fountain", ".spmd"):
        lines = list(_screenplay(text))
    else:
        lines = list(_screenplay(text)) if character else []
        lines = lines or list(_named_lines(text, keep_others=not character))
    if character:
        lines = _of(character, lines, path.name)
    return "\n".join(line.text for line in lines)


def _decode(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(SIZE_LIMIT + 1)
    if len(data) > SIZE_LIMIT:
        raise TextError(f"{path.name} is larger than {SIZE_LIMIT // 2**20} MiB; give the text of this line only")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", errors="replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", errors="replace")
    if "\0" in text or data.startswith((b"PK", b"%PDF", b"{\\rtf")):
        raise TextError(f"{path.name} is no plain text; save it as .txt")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _subtitles(text: str, name: str, start: float, end: float) -> list[_Spoken]:
    """The subtitles of which more than half lies within the time."""
    cues = list(_CUE.finditer(text))
    if not cues and text.removeprefix("WEBVTT").strip():
        raise TextError(f"{name} has no subtitles with times")
    lines: list[_Spoken] = []
    for cue, following in zip_longest(cues, cues[1:]):
        first, last = _seconds(cue[1]), _seconds(cue[2])
        body = text[cue.end() : following.start() if following is not None else len(text)]
        if following is not None:
            body = re.sub(r"\n\s*\n[^\n]*\s*$", "\n", body)  # the number or the name of the next one
        if start <= (first + last) / 2 < end:
            lines += _spoken_in(body)
    return lines


def _spoken_in(body: str) -> Iterator[_Spoken]:
    for part in body.split("\n\n")[0].splitlines():
        voice = _VOICE.search(part)
        plain = _MARKUP.sub("", part).strip().lstrip("-–—♪ ").rstrip("♪ ")
        for line in _named_lines(plain, keep_others=True):
            yield _Spoken(voice[1].strip(), line.text) if voice else line


def _seconds(time: str) -> float:
    seconds = 0.0
    for part in time.replace(",", ".").split(":"):
        seconds = 60 * seconds + float(part)
    return seconds


def _screenplay(text: str) -> Iterator[_Spoken]:
    """The dialogue of a screenplay: a name in capitals after an empty line, and what follows it."""
    speaker, was_empty = "", True
    for line in _NOTES.sub("", text).splitlines():
        plain = line.strip()
        if not plain:
            speaker, was_empty = "", True
            continue
        found = _CHARACTER.match(plain) if was_empty else None
        if found:
            speaker = (found["forced"] or found["name"]).strip()
        elif speaker and not (plain.startswith("(") and plain.endswith(")")):
            yield _Spoken(speaker, plain)
        was_empty = False


def _named_lines(text: str, *, keep_others: bool) -> Iterator[_Spoken]:
    """Lines ``NAME: text``. Others keep the name before them; a name that is not in capitals may be a word."""
    speaker = ""
    for line in text.splitlines():
        found = _NAMED_LINE.match(line)
        if found and (found[1].isupper() or not keep_others):
            speaker = found[1].strip()
            yield _Spoken(speaker, found[2])
        elif keep_others or speaker:
            yield _Spoken(speaker, line)


def _of(character: str, lines: list[_Spoken], name: str) -> list[_Spoken]:
    wanted = character.strip().casefold()
    found = [line for line in lines if line.character.casefold() == wanted]
    if lines and not found:
        there = list(dict.fromkeys(line.character for line in lines if line.character))
        names = f"; there are: {', '.join(there[:_SHOWN])}" if there else ""
        raise TextError(f"{name} has no line of {character!r}{names}")
    if not lines:
        raise TextError(f"{name} has no lines with the names of those who speak")
    return found
