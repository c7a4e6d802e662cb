"""Letters to sounds: how English would say a word that is in no dictionary.

Each letter gives none, one or two phones, by the longest context of it that the table knows: the letter, then its
neighbours and the phone before it in the order of ``CONTEXT``. The table holds a context only where it changes what the
shorter one says (Daelemans & van den Bosch, "Language-independent data-oriented grapheme-to-phoneme conversion", 1996).
``training/pronunciation/letters.py`` learns it from the dictionary into ``weights/english-letters.txt.gz``.
"""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from .dictionary import code_of, from_code, read_text_file
from .search import Pronunciation

LETTERS_FILE: Final = Path(__file__).resolve().parents[2] / "weights" / "english-letters.txt.gz"
CONTEXT: Final = (1, -1, None, 2, -2, 3, -3, 4, -4)
"""Places of the neighbours, in the order in which they are looked at; None is the phone that was said last."""
EDGE: Final = "#"
"""Stands before and after a word."""

Table = Mapping[str, str]
"""The phones of the first letter of each context, one character for each (``dictionary.code_of``)."""


def contexts_of(word: str, place: int, said: Pronunciation) -> list[str]:
    """The contexts of a letter of a word from the shortest to the longest.

    Args:
        word: in letters from a to z.
        place: of the letter.
        said: the phones before it.
    """
    context = word[place]
    contexts = [context]
    for step in CONTEXT:
        if step is None:
            context += code_of(said[-1:]) or EDGE
        else:
            context += word[place + step] if 0 <= place + step < len(word) else EDGE
        contexts.append(context)
    return contexts


def sound_out(word: str, table: Table | None = None) -> Pronunciation:
    """The phones of a word.

    Args:
        word: its letters from a to z; others are silent.
        table: the bundled one if not given.

    Raises:
        EmoTalkError: the bundled table is missing or damaged.
    """
    table = bundled_table() if table is None else table
    said: Pronunciation = ()
    for place in range(len(word)):
        contexts = contexts_of(word, place, said)
        said += from_code(next((table[context] for context in reversed(contexts) if context in table), ""))
    return said


@functools.lru_cache(maxsize=1)
def bundled_table() -> Table:
    """The table that comes with the installation. Raises EmoTalkError if it is missing or damaged."""
    return dict(line.split(" ") for line in read_text_file(LETTERS_FILE).decode().splitlines())
