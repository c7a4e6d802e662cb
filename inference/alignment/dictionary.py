"""The bundled dictionary of English: the pronunciations of CMU's dictionary, in General American.

``weights/english-words.txt.gz`` has a line for each word, in the order of its bytes: the word in lower case, then its
pronunciations, one character for each phone (``code_of``). ``training/pronunciation/dictionary.py`` writes it.
"""

import bisect
import functools
import gzip
import zlib
from pathlib import Path
from typing import Final

import numpy as np

from ...face.errors import EmoTalkError
from ...face.phones import PHONES
from .search import Pronunciation

WORDS_FILE: Final = Path(__file__).resolve().parents[2] / "weights" / "english-words.txt.gz"
_FIRST_CODE: Final = ord("@")


def code_of(pronunciation: Pronunciation) -> str:
    """A pronunciation as text, one character for each phone."""
    return "".join(chr(_FIRST_CODE + phone) for phone in pronunciation)


def from_code(code: str) -> Pronunciation:
    """The pronunciation of a text. Raises ValueError for a character that stands for no phone."""
    phones = tuple(ord(character) - _FIRST_CODE for character in code)
    if not all(0 < phone < len(PHONES) for phone in phones):
        raise ValueError(f"{code!r} is no pronunciation")
    return phones


@functools.lru_cache(maxsize=4096)
def look_up(word: str) -> tuple[Pronunciation, ...]:
    """The pronunciations of a word in lower case; () if the dictionary lacks it.

    Raises:
        EmoTalkError: the dictionary is missing or damaged.
    """
    text, starts = _lines()
    key = f"{word} ".encode()
    place = bisect.bisect_left(starts, key, key=lambda start: text[start : start + len(key)])
    if place == len(starts) or not text.startswith(key, starts[place]):
        return ()
    codes = text[starts[place] : text.index(b"\n", starts[place])].decode().split(" ")[1:]
    return tuple(map(from_code, codes))


@functools.lru_cache(maxsize=1)
def _lines() -> tuple[bytes, np.ndarray]:
    """The dictionary, and where its lines start."""
    text = read_text_file(WORDS_FILE)
    ends = np.flatnonzero(np.frombuffer(text, np.uint8) == ord("\n"))
    return text, np.concatenate([[0], ends[:-1] + 1])


def read_text_file(path: Path) -> bytes:
    """A compressed text of the installation. Raises EmoTalkError if it is missing or damaged."""
    try:
        text = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error):
        text = b""
    if not text.endswith(b"\n"):
        raise EmoTalkError(f"{path.name} is missing or damaged; install EmoTalk again")
    return text
