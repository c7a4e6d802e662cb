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
_REPORT_MARK: Final = "emotalk_report"


class PartError(EmoTalkError):
    """A part is missing, damaged, or of another scene; the message is a sentence."""


@dataclass(frozen=True)
class LineReport:
    """What became of one line.

    Attributes:
        number: of the line, from 1.
        scene: its name.
        line: its name.
        character: the name of the object that speaks.
        start_frame: the frame of the scene at which the sound starts.
        state: "done", "fresh" (its keys were current, nothing was computed) or "failed".
        sentence: about the result, or why it failed.
        seconds: the time that it took.
        keys: how many were written; 0 for a part.
        content: a text that differs whenever the performance would: made of the sound, the model and the controls.
    """

    number: int
    scene: str
    line: str
    character: str
    start_frame: float
    state: str
    sentence: str
    seconds: float = 0.0
    keys: int = 0
    content: str = ""


def write_part(folder: Path, report: LineReport, performance: Performance | None) -> None:
    """Write a part; an earlier one of the same line is replaced.

    Args:
        folder: made if it is not there.
        report: of the line.
        performance: at the model's rate, before the face is settled; None if the line failed.

    Raises:
        CurveFileError: the curves hold values that are not numbers.
        OSError: the folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    curves, place = _paths(folder, report.number)
    place.unlink(missing_ok=True)
    digest = ""
    if performance is not None:
        write_curves(curves, performance)
        digest = _hash(curves)
    _write_json(place, {_MARK: VERSION, **asdict(report), "sha256": digest})


def read_part(folder: Path, number: int) -> tuple[LineReport, Performance]:
    """The part of a line that was done.

    Raises:
        PartError: there is none, it is damaged, or the line failed.
        OSError: it cannot be read.
    """
    report, digest = _read_report(folder, number)
    if report.state == "failed":
        raise PartError(f"Line {number} ({report.line}) failed: {report.sentence}")
    curves, _place = _paths(folder, number)
    if not curves.is_file() or _hash(curves) != digest:
        raise PartError(f"The part {curves.name} is damaged; bake line {number} again")
    return report, read_curves(curves)


def missing_parts(folder: Path, numbers: Iterable[int]) -> tuple[int, ...]:
    """Those of these lines that have no part."""
    return tuple(number for number in numbers if not _paths(folder, number)[1].is_file())


def check_parts(folder: Path, numbers: Sequence[int]) -> None:
    """Raises PartError if a part is missing; the sentence names all that are."""
    missing = missing_parts(folder, numbers)
    if missing:
        lines = "line" if len(missing) == 1 else "lines"
        raise PartError(f"There are no parts of {lines} {write_numbers(missing)} in {folder}; bake them first")


def check_content(report: LineReport, content: str) -> None:
    """Raises PartError if a part was made of another sound, model or controls than the line has now."""
    if report.content != content:
        raise PartError(f"The part of line {report.number} ({report.line}) was made of another line; bake it again")


def write_report(path: Path, reports: Sequence[LineReport], *, overwrite: bool = False) -> None:
    """Write the report of a batch.

    Raises:
        PlaceError: something other than a file is there; or a file is (TakenError), and ``overwrite`` is off.
        OSError: the folder cannot be written to.
    """
    counts = {state: sum(report.state == state for report in reports) for state in ("done", "fresh", "failed")}
    lines = [asdict(report) for report in sorted(reports, key=lambda report: report.number)]
    _write_json(path, {_REPORT_MARK: VERSION, **counts, "lines": lines}, overwrite=overwrite)


def _paths(folder: Path, number: int) -> tuple[Path, Path]:
    stem = folder / f"line-{number:05}"
    return stem.with_suffix(".npz"), stem.with_suffix(".json")


def _read_report(folder: Path, number: int) -> tuple[LineReport, str]:
    _curves, place = _paths(folder, number)
    if not place.is_file():
        check_parts(folder, (number,))
    try:
        found = json.loads(place.read_text("utf-8"))
        if found[_MARK] != VERSION:
            raise PartError(f"The part {place.name} comes from another version of EmoTalk; bake line {number} again")
        report = LineReport(**{field.name: _typed(field.type, found[field.name]) for field in fields(LineReport)})
        digest = str(found["sha256"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise PartError(f"The part {place.name} is damaged; bake line {number} again") from None
    if report.number != number:
        raise PartError(f"The part {place.name} is that of line {report.number}; bake line {number} again")
    return report, digest


def _typed(kind: Any, value: Any) -> Any:
    """The value if it is of the field's type. Raises TypeError if not."""
    if isinstance(value, bool) or not isinstance(value, (int, float) if kind is float else kind):
        raise TypeError(value)
    return value


def _write_json(path: Path, data: Any, *, overwrite: bool = True) -> None:
    with replacing(path, overwrite=overwrite) as part:
        part.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
