"""Learns letters to sounds: the table of ``inference/alignment/letters.py``."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from ...inference.alignment.dictionary import code_of
from ...inference.alignment.letters import Table, contexts_of, sound_out
from ...inference.alignment.search import Pronunciation
from .letter_alignment import Aligned, Entry, align_letters


def learn_table(entries: Sequence[Entry]) -> Table:
    """The table of a dictionary: every context in which most words say something else than in its shorter one."""
    table: dict[str, str] = {}
    for context, counts in sorted(_count(align_letters(entries)).items(), key=lambda pair: len(pair[0])):
        usual, times = counts.most_common(1)[0]
        shorter = next((context[:end] for end in range(len(context) - 1, 0, -1) if context[:end] in table), "")
        if not shorter or (usual != table[shorter] and times > counts[table[shorter]]):
            table[context] = usual
    return table


def _count(aligned: Sequence[Aligned]) -> dict[str, Counter[str]]:
    """How often each context is said in each way."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for word, parts in aligned:
        said: Pronunciation = ()
        for place, part in enumerate(parts):
            for context in contexts_of(word, place, said):
                counts[context][code_of(part)] += 1
            said += part
    return counts


def phone_error(table: Table, entries: Sequence[Entry]) -> tuple[float, float]:
    """Edits per phone, and the share of words with any, of what a table says against a dictionary."""
    edits = [(_edits(sound_out(word, table), phones), len(phones)) for word, phones in entries]
    return sum(each for each, _ in edits) / sum(length for _, length in edits), sum(
        each > 0 for each, _ in edits
    ) / len(edits)


def _edits(one: Pronunciation, other: Pronunciation) -> int:
    """Levenshtein's distance."""
    row = list(range(len(other) + 1))
    for i, phone in enumerate(one, 1):
        diagonal, row[0] = row[0], i
        for j, wanted in enumerate(other, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (phone != wanted))
    return row[-1]
