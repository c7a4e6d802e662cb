"""Numbers of lines as people and render farms write them: ``1-3,7``."""

import re
from collections.abc import Iterable
from typing import Final

from ..face.errors import EmoTalkError

NUMBERS_LIMIT: Final = 100_000
"""More numbers than this are a slip of the finger."""

_RANGE: Final = re.compile(r"(\d+)(?:\s*-\s*(\d+))?", re.ASCII)


class RangeError(EmoTalkError, ValueError):
    """A text names no numbers; the message is a sentence."""


def parse_numbers(text: str) -> tuple[int, ...]:
    """The numbers of a text such as ``1-3,7``, ascending, each once; they count from 1.

    The chunks of Open Job Description arrive so, too: ``1-2``, ``3-3``.

    Raises:
        RangeError: something else than numbers and ranges, a range that ends before it begins, or far too many.
    """
    numbers: set[int] = set()
    for piece in filter(None, (piece.strip() for piece in text.split(","))):
        found = _RANGE.fullmatch(piece)
        if found is None or len(piece) > 20:
            raise RangeError(f"{piece[:40]!r} is no number of a line; write them like 1-3,7")
        first, last = int(found[1]), int(found[2] or found[1])
        if first < 1:
            raise RangeError(f"Lines count from 1, so {piece!r} names none")
        if last < first:
            raise RangeError(f"{piece!r} ends before it begins; write {last}-{first}")
        if last - first >= NUMBERS_LIMIT:
            raise RangeError(f"{piece!r} names more than {NUMBERS_LIMIT:,} lines")
        numbers.update(range(first, last + 1))
    if not numbers:
        raise RangeError("No line is named; write their numbers like 1-3,7")
    return tuple(sorted(numbers))


def write_numbers(numbers: Iterable[int]) -> str:
    """The shortest text that ``parse_numbers`` reads as these numbers; "" for none."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(f"{first}-{last}" if last > first else str(first) for first, last in runs)
