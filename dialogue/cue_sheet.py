"""Cue sheets: the lines of a scene as a table, in CSV of any common kind or in JSON; read and written.

A sheet is data only: a text that looks like a formula stays a text.
"""

import csv
import io
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ..face.atomic_file import replacing
from ..face.controls import CONTROLS, LINE_CONTROLS
from ..face.emotions import EMOTIONS
from ..face.errors import EmoTalkError
from .cue_columns import CHARACTER, FILE, FRAME, MODEL, NAME, TEXT, known_columns, meaning_of
from .cues import Cells, Cue, CueError, cue_of
from .single_precision import shortest
from .timecode import Clock

SIZE_LIMIT: Final = 16 * 2**20
"""Bytes of a sheet."""
ROW_LIMIT: Final = 10_000
"""Rows of a sheet."""

EmotionsOf = Callable[[str], Sequence[str]]
"""The emotions of the model of an id. Raises EmoTalkError if there is no such model."""

_DELIMITERS: Final = ",;\t|"
_TEXT_COLUMNS: Final = (NAME, TEXT, MODEL)
_NESTED: Final = "controls"
"""A key of JSON below which the controls may stand."""
_REPORTED: Final = 20
"""Bad rows that one message tells."""


class CueSheetError(EmoTalkError, ValueError):
    """A file is no cue sheet, or has rows that describe no lines; the message says which and why."""


@dataclass(frozen=True)
class CueSheet:
    """What a sheet says.

    Attributes:
        cues: of the good rows, in their order.
        complaints: a sentence for each bad row, by its number as a spreadsheet counts.
        unused: headers of columns that mean nothing here.
    """

    cues: tuple[Cue, ...]
    complaints: Mapping[int, str] = field(default_factory=dict)
    unused: tuple[str, ...] = ()

    def usable(self, *, leave_out_bad: bool = False) -> tuple[Cue, ...]:
        """The cues. Raises CueSheetError if rows are bad and were not to be left out; the message names all."""
        check_rows(self.complaints, len(self.cues), leave_out_bad=leave_out_bad)
        return self.cues


def check_rows(complaints: Mapping[int, str], good: int, *, leave_out_bad: bool) -> None:
    """Raises CueSheetError if rows are bad and were not to be left out, or if none is good."""
    if good and (leave_out_bad or not complaints):
        return
    told = [f"Row {row}: {complaints[row]}" for row in sorted(complaints)]
    more = [f"… and {len(told) - _REPORTED} more"] if len(told) > _REPORTED else []
    raise CueSheetError("\n".join([*told[:_REPORTED], *more] or ["The sheet has no row with a line"]))


def read_cue_sheet(path: str | Path, clock: Clock, emotions_of: EmotionsOf = lambda _model: EMOTIONS) -> CueSheet:
    """Read a sheet; relative paths in it begin at its folder.

    Args:
        path: CSV with a header (comma, semicolon, tab or bar; UTF-8, UTF-16 or Windows-1252), or JSON: a list of
            objects, or an object with such a list as ``lines``.
        clock: of the scene, for timecode and seconds.
        emotions_of: which emotions a model has.

    Raises:
        CueSheetError: it is no such file, has no column for the sound, or is too large.
        OSError: it cannot be read.
    """
    path = Path(path)
    text = _read_text(path)
    is_json = path.suffix.lower() == ".json" or text.lstrip()[:1] in ("{", "[")
    headers, rows = _read_json(path, text) if is_json else _read_csv(path, text)
    model_emotions = emotions_of("")
    unused = tuple(header for header in headers if meaning_of(header, model_emotions) is None)
    cues: list[Cue] = []
    complaints: dict[int, str] = {}
    used: set[str] = set()
    for number, row in rows:
        try:
            emotions = emotions_of(_model_of(row))
            cells = _cells(row, emotions)
            used |= {header for header in row if meaning_of(header, emotions)}
            cues.append(cue_of(cells, number, path.absolute().parent, clock, emotions))
        except EmoTalkError as error:
            complaints[number] = str(error)
    unused = tuple(header for header in unused if header.strip() and header not in {*used, _NESTED})
    return CueSheet(tuple(cues), complaints, unused)


def write_cue_sheet(path: str | Path, cues: Iterable[Cue], *, overwrite: bool = False) -> None:
    """Write a sheet that ``read_cue_sheet`` reads as the same cues; .json is JSON, everything else CSV.

    Sound files at or below the sheet's folder are written relative to it. CSV is UTF-8 with a byte order mark, for
    spreadsheets take it for something else otherwise.

    Raises:
        PlaceError: something other than a file is there; or a file is (TakenError), and ``overwrite`` is off.
        OSError: the folder cannot be written to.
    """
    path = Path(path)
    rows = [_row(cue, path.absolute().parent) for cue in cues]
    used = {name for row in rows for name in row}
    order = (FILE, FRAME, CHARACTER, *_TEXT_COLUMNS, *(control.name for control in (*CONTROLS, *LINE_CONTROLS)))
    headers = [FILE, *(name for name in order[1:] if name in used), *sorted(used - {*order})]
    is_json = path.suffix.lower() == ".json"
    with (
        replacing(path, overwrite=overwrite) as part,
        part.open("w", encoding="utf-8" if is_json else "utf-8-sig", newline="") as file,
    ):
        if is_json:
            json.dump({"lines": rows}, file, ensure_ascii=False, indent=1)
            file.write("\n")
            return
        writer = csv.writer(file)
        writer.writerow(headers)
        writer.writerows([row.get(name, "") for name in headers] for row in rows)


def _read_text(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(SIZE_LIMIT + 1)
    if len(data) > SIZE_LIMIT:
        raise CueSheetError(f"{path.name} is larger than {SIZE_LIMIT // 2**20} MiB; split it")
    if data.startswith(b"PK"):
        raise CueSheetError(f"{path.name} is a workbook; save its sheet as CSV and choose that")
    try:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return data.decode("utf-16")
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    if "\0" in text:
        raise CueSheetError(f"{path.name} is no table of text")
    return text


Rows = list[tuple[int, Mapping[str, Any]]]


def _read_csv(path: Path, text: str) -> tuple[list[str], Rows]:
    first, _, rest = text.partition("\n")
    if first.strip().strip('"').lower().startswith("sep="):  # a hint to spreadsheets, which do not count it as a row
        text = rest
    records = _records(path, text, max(_DELIMITERS, key=lambda delimiter: _recognised(text, delimiter)))
    _number, headers = next(records, (0, []))
    if not any(meaning_of(header) == FILE for header in headers):
        raise CueSheetError(
            f"{path.name} has no column for the sound file; its first row must name the columns, such as "
            "file, start, character, emotion"
        )
    _check_twice(path, headers)
    rows: Rows = []
    for number, record in records:
        if any(cell.strip() for cell in record):
            rows.append((number, _Record(headers, record)))
            _check_rows(path, rows)
    return headers, rows


class _Record(dict[str, Any]):
    """A row of CSV by header; cells beyond the header are kept in ``extra``."""

    def __init__(self, headers: Sequence[str], record: Sequence[str]) -> None:
        super().__init__(zip(headers, record, strict=False))
        self.extra = [cell for cell in record[len(headers) :] if cell.strip()]


def _recognised(text: str, delimiter: str) -> int:
    try:
        header = next(csv.reader(io.StringIO(text), delimiter=delimiter), [])
    except csv.Error:
        return 0
    return known_columns(header)


def _records(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows with their numbers, from 1."""
    try:
        yield from enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False), 1)
    except csv.Error as error:
        raise CueSheetError(f"{path.name} cannot be read as a table ({error})") from None


def _check_twice(path: Path, headers: Sequence[str]) -> None:
    seen: dict[str, str] = {}
    for header in headers:
        meaning = meaning_of(header)
        if meaning in seen:
            raise CueSheetError(f"{path.name} has two columns for the same: {seen[meaning]} and {header}")
        if meaning:
            seen[meaning] = header


def _read_json(path: Path, text: str) -> tuple[list[str], Rows]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise CueSheetError(f"{path.name} is not valid JSON") from None
    listed = data.get("lines") if isinstance(data, dict) else data
    if not isinstance(listed, list) or not all(isinstance(row, dict) for row in listed):
        raise CueSheetError(f'{path.name} must hold a list of objects, or {{"lines": [...]}}')
    rows: Rows = []
    for number, row in enumerate(listed, 1):
        nested = row.get(_NESTED)
        rows.append((number, row | nested if isinstance(nested, dict) else row))
        _check_rows(path, rows)
    return list(dict.fromkeys(header for _number, row in rows for header in row)), rows


def _check_rows(path: Path, rows: Rows) -> None:
    if len(rows) > ROW_LIMIT:
        raise CueSheetError(f"{path.name} has more than {ROW_LIMIT:,} rows; split it")


def _model_of(row: Mapping[str, Any]) -> str:
    return next((str(value or "").strip() for header, value in row.items() if meaning_of(header) == MODEL), "")


def _cells(row: Mapping[str, Any], emotions: Sequence[str]) -> Cells:
    """The filled cells by what their columns mean. Raises CueError if a row has too many, or one thing twice."""
    if extra := getattr(row, "extra", None):
        raise CueError(f"{extra[0][:40]!r} stands in no column; a text with the separator in it needs quotation marks")
    cells: dict[str, Any] = {}
    for header, value in row.items():
        meaning = meaning_of(header, emotions)
        if meaning is None or value is None or (isinstance(value, str) and not value.strip()):
            continue
        if meaning in cells:
            raise CueError(f"{meaning} is given twice")
        cells[meaning] = value
    return cells


def _row(cue: Cue, folder: Path) -> dict[str, Any]:
    """A cue as cells; what has no value is left out."""
    audio = cue.audio.relative_to(folder).as_posix() if cue.audio.is_relative_to(folder) else os.fspath(cue.audio)
    cells: dict[str, Any] = {FILE: audio, FRAME: cue.start_frame, CHARACTER: cue.character}
    cells |= {NAME: cue.name, TEXT: cue.text, MODEL: cue.model}
    cells |= {name: shortest(value) for name, value in {**cue.controls, **cue.settings}.items()}
    return {name: value for name, value in cells.items() if value not in (None, "")}
