"""What a check can put right by itself: when the curves begin, and how fast they run. Written into the project file."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ...face.atomic_file import replacing
from ...face.errors import EmoTalkError
from .check import DRIFT, LATE, ProjectCheck, TakeCheck
from .faults import RATES, fitting_rate

_TAKE: Final = re.compile(r"^\s*\[\[\s*takes\s*\]\]\s*(#.*)?$")
_TABLE: Final = re.compile(r"^\s*\[")
_SAME_RATE: Final = 5e-4
"""A measured rate so close to a usual one is that one."""


def repairs(check: ProjectCheck) -> dict[str, dict[str, float]]:
    """Take -> setting -> new value, for every take whose offset or rate is wrong and known."""
    found = {take.entry.name: _repair(take) for take in check.takes}
    return {name: settings for name, settings in found.items() if settings}


def write_repairs(path: Path, changes: Mapping[str, Mapping[str, float]]) -> None:
    """Set these values in a project file; its other lines, comments too, stay as they are.

    Raises:
        EmoTalkError: the file is laid out in a way that cannot be edited safely; nothing was changed.
        OSError: it cannot be read or written.
    """
    text = path.read_bytes().decode("utf-8")
    before = tomllib.loads(text)
    edited = _edited(text, before, changes)
    expected = {**before, "takes": [{**row, **changes.get(_name(row), {})} for row in before["takes"]]}
    try:
        is_right = tomllib.loads(edited) == expected
    except tomllib.TOMLDecodeError:
        is_right = False
    if not is_right:
        settings = "; ".join(
            f"{name}: {', '.join(f'{key} = {value:g}' for key, value in values.items())}"
            for name, values in changes.items()
        )
        raise EmoTalkError(f"{path.name} is laid out in an unusual way; set this yourself: {settings}")
    with replacing(path) as part:
        part.write_bytes(edited.encode("utf-8"))


def _repair(check: TakeCheck) -> dict[str, float]:
    take, sync, entry = check.take, check.sync, check.entry
    if take is None or sync is None:
        return {}
    if entry.offset_seconds == 0 and (rate := fitting_rate(take)):
        return {"fps": rate}
    if not sync.belongs:
        return {}
    if abs(sync.drift) * take.speech.seconds >= DRIFT:
        rate = take.curves.fps * (1 + sync.drift)
        usual = min(RATES, key=lambda usual: abs(usual - rate))
        found = {"fps": usual if abs(usual / rate - 1) < _SAME_RATE else round(rate, 3)}
        lag = sync.start_lag / (1 + sync.drift)
    else:
        found, lag = {}, sync.lag_seconds
    if abs(lag) >= LATE:
        found["offset_seconds"] = round(entry.offset_seconds - lag, 3)
    return found


def _edited(text: str, fields: Mapping[str, Any], changes: Mapping[str, Mapping[str, float]]) -> str:
    lines = text.splitlines(keepends=True)
    starts = [number for number, line in enumerate(lines) if _TAKE.match(line.rstrip("\r\n"))]
    for start, row in reversed(list(zip(starts, fields["takes"], strict=False))):
        later = (number for number in range(start + 1, len(lines)) if _TABLE.match(lines[number]))
        end = next(later, len(lines))
        for key, value in changes.get(_name(row), {}).items():
            end = _set(lines, start + 1, end, key, value)
    return "".join(lines)


def _set(lines: list[str], first: int, end: int, key: str, value: float) -> int:
    """Set one line of a table; the new end of the table."""
    newline = "\r\n" if lines[first - 1].endswith("\r\n") else "\n"
    for number in range(first, end):
        if match := re.match(rf"(\s*{key}\s*=\s*)[^#\r\n]*?(\s*(?:#.*)?)$", lines[number].rstrip("\r\n")):
            lines[number] = f"{match[1]}{value!r}{match[2]}{newline}"
            return end
    last = max((number for number in range(first, end) if lines[number].strip()), default=first - 1)
    if not lines[last].endswith("\n"):
        lines[last] += newline
    lines.insert(last + 1, f"{key} = {value!r}{newline}")
    return end + 1


def _name(row: Mapping[str, Any]) -> str:
    return str(row.get("name") or Path(row["curves"]).stem)
