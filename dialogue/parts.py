"""What the machines of a farm hand to each other: for each line its performance and a report, as files in a folder.

The performance is ``line-00007.npz``, as the worker wrote it; the report is ``line-00007.json``. The report comes last
and holds the hash of the performance, so a part is whole or it is not there. A task that runs again replaces its parts.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

from ..face.atomic_file import replacing
from ..face.curve_files import read_curves, write_curves
from ..face.curves import Performance
from ..face.errors import EmoTalkError
from .number_ranges import write_numbers

VERSION: Final = 1

_MARK: Final = "emotalk_part"


class PartError(EmoTalkError):
    """A part is missing, damaged, or of another scene; the message is a sentence."""


@dataclass(frozen=True)
class Part:
    """What became of one line.

    Attributes:
        number: of the line, from 1.
        scene: the name of its scene.
        line: its name.
        failure: why it failed, as a sentence; "" if it was done.
        remarks: sentences about the result, one a line.
        seconds: the time that it took.
        content: a text that differs whenever the performance would: made of the sound, the model and the controls.
    """

    number: int
    scene: str
    line: str
    failure: str = ""
    remarks: str = ""
    seconds: float = 0.0
    content: str = ""


def write_part(folder: Path, part: Part, performance: Performance | None) -> None:
    """Write a part; an earlier one of the same line is replaced.

    Args:
        folder: made if it is not there.
        part: of the line.
        performance: at the model's rate, before the face is settled; None if the line failed.

    Raises:
        CurveFileError: the curves hold values that are not numbers.
        OSError: the folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    curves, place = _paths(folder, part.number)
    place.unlink(missing_ok=True)
    digest = ""
    if performance is not None:
        write_curves(curves, performance)
        digest = _hash(curves)
    report = json.dumps({_MARK: VERSION, **asdict(part), "sha256": digest}, ensure_ascii=False, indent=1)
    with replacing(place) as unfinished:
        unfinished.write_text(report + "\n", encoding="utf-8")


def read_part(folder: Path, number: int) -> tuple[Part, Performance]:
    """The part of a line that was done.

    Raises:
        PartError: there is none, it is damaged, or the line failed.
        OSError: it cannot be read.
    """
    part, digest = _read_report(folder, number)
    if part.failure:
        raise PartError(f"Line {number} ({part.line}) failed: {part.failure}")
    curves, _place = _paths(folder, number)
    if not curves.is_file() or _hash(curves) != digest:
        raise PartError(f"The part {curves.name} is damaged; bake line {number} again")
    return part, read_curves(curves)


def missing_parts(folder: Path, numbers: Iterable[int]) -> tuple[int, ...]:
    """Those of these lines that have no part."""
    return tuple(number for number in numbers if not _paths(folder, number)[1].is_file())


def check_parts(folder: Path, numbers: Sequence[int]) -> None:
    """Raises PartError if a part is missing; the sentence names all that are."""
    missing = missing_parts(folder, numbers)
    if missing:
        lines = "line" if len(missing) == 1 else "lines"
        raise PartError(f"There are no parts of {lines} {write_numbers(missing)} in {folder}; bake them first")


def check_content(part: Part, content: str) -> None:
    """Raises PartError if a part was made of another sound, model or controls than the line has now."""
    if part.content != content:
        raise PartError(
            f"The part of line {part.number} ({part.line}) was made of another sound or other settings; bake it again"
        )


def _paths(folder: Path, number: int) -> tuple[Path, Path]:
    stem = folder / f"line-{number:05}"
    return stem.with_suffix(".npz"), stem.with_suffix(".json")


def _read_report(folder: Path, number: int) -> tuple[Part, str]:
    _curves, place = _paths(folder, number)
    if not place.is_file():
        check_parts(folder, (number,))
    try:
        found = json.loads(place.read_text("utf-8"))
        if found[_MARK] != VERSION:
            raise PartError(f"The part {place.name} comes from another version of EmoTalk; bake line {number} again")
        part = Part(**{field.name: _typed(field.type, found[field.name]) for field in fields(Part)})
        digest = str(found["sha256"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise PartError(f"The part {place.name} is damaged; bake line {number} again") from None
    if part.number != number:
        raise PartError(f"The part {place.name} is that of line {part.number}; bake line {number} again")
    return part, digest


def _typed(kind: Any, value: Any) -> Any:
    """The value if it is of the field's type. Raises TypeError if not."""
    if isinstance(value, bool) or not isinstance(value, (int, float) if kind is float else kind):
        raise TypeError(value)
    return value


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
