"""Captured curves as their file has them: columns by name, before they become channels of our face.

Formats by suffix:

* ``.csv``: Live Link Face (timecode, ARKit's names), or one named column for each coefficient, if need be with a column
  ``frame`` or ``time`` (seconds), by which dropped frames are noticed.
* ``.npz``: as EmoTalk writes it (Export Curves); FLAME's parameters (``expression`` or ``exp``, and ``jaw`` or the
  pose that has it); or one array of (frames,) for each coefficient, with or without ``fps``.
* ``.npy``: frames × channels without names, as 3D-ETF has it: ARKit's 52 at 30 frames per second.
* ``.json``: as EmoTalk writes it.

Nothing is ever unpickled.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from ...face.basis import FLAME
from ...face.curve_files import read_curves
from ...face.errors import CurveFileError, EmoTalkError

SUFFIXES: Final = (".csv", ".npz", ".npy", ".json")
_CLOCKS: Final = ("frame", "time")
_EXPRESSION: Final = ("expression", "expressions", "exp", "expr", "expcode")
_JAW: Final = ("jaw", "jaw_pose", "jaw_rotation")
_POSE: Final = ("pose", "posecode")
"""Global rotation and jaw, six numbers, as DECA and its descendants write them."""
_MOST_DROPPED: Final = 0.1
"""Of the frames; with more, the rate is wrong or the take is not worth filling."""


@dataclass(frozen=True)
class CurveTable:
    """The columns of a file.

    Attributes:
        names: of the columns; empty if the file does not name them.
        values: (frames, columns) float64, finite.
        fps: frames per second as the file states them; None if it does not.
        dropped: how many frames the file skips; they are filled by straight lines.
    """

    names: tuple[str, ...]
    values: np.ndarray
    fps: float | None = None
    dropped: int = 0


def read_table(path: Path, fps: float | None = None) -> CurveTable:
    """Read the curves of a file.

    Args:
        path: a file with one of ``SUFFIXES``.
        fps: frames per second as the project states them; None to take the file's word.

    Raises:
        EmoTalkError: the file is missing, cut off, of an unknown kind, or holds values that are not numbers.
    """
    readers = {".csv": _read_csv, ".npz": _read_npz, ".npy": _read_npy, ".json": _read_ours}
    if path.suffix.lower() not in readers:
        raise EmoTalkError(f"{path.name} is of no kind that holds curves: {', '.join(readers)}")
    try:
        table = readers[path.suffix.lower()](path, fps)
    except FileNotFoundError:
        raise EmoTalkError(f"There is no file {path.name}") from None
    except OSError as error:
        raise EmoTalkError(f"{path.name} cannot be read: {error.strerror or error}") from None
    except CurveFileError:
        raise
    except EmoTalkError as error:
        raise EmoTalkError(f"{path.name} {error}") from None
    except Exception:  # zipfile, csv and NumPy raise a dozen kinds of exceptions for damaged files
        raise EmoTalkError(f"{path.name} is damaged or cut off; copy or export it again") from None
    if not np.isfinite(table.values).all():
        frame = int(np.flatnonzero(~np.isfinite(table.values).all(axis=1))[0])
        raise EmoTalkError(f"{path.name} holds values that are not numbers (NaN or infinite), first in frame {frame}")
    if len(table.values) < 2:
        raise EmoTalkError(f"{path.name} holds fewer than two frames")
    return table


def _read_ours(path: Path, fps: float | None) -> CurveTable:
    face = read_curves(path, fps).face
    return CurveTable(face.channels, face.values.astype(np.float64), face.fps)


def _read_csv(path: Path, fps: float | None) -> CurveTable:
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = (row for row in csv.reader(file) if row)
    names = [name.strip() for name in header]
    lower = [name.lower() for name in names]
    if len(set(lower)) != len(lower):
        raise EmoTalkError("has two columns of the same name")
    if "timecode" in lower:
        return _live_link(_read_ours(path, fps), [row[lower.index("timecode")] for row in rows])
    if any(len(row) != len(names) for row in rows):
        raise EmoTalkError("has a row that is cut off; copy or export it again")
    try:
        values = np.array(rows, np.float64).reshape(len(rows), len(names))
    except ValueError:
        raise EmoTalkError("has a cell that is not a number, or a first row that is not names") from None
    clock = next((lower.index(name) for name in _CLOCKS if name in lower), None)
    if clock is None:
        return CurveTable(tuple(names), values)
    times = values[:, clock]
    names.pop(clock)
    rest = np.delete(values, clock, axis=1)
    if lower[clock] == "frame":
        return _on_grid(tuple(names), rest, times - times[0], fps)
    rate = fps or 1 / float(np.median(np.diff(times)))
    return _on_grid(tuple(names), rest, (times - times[0]) * rate, rate)


def _live_link(table: CurveTable, timecodes: list[str]) -> CurveTable:
    """The table, in which frames that the timecodes (HH:MM:SS:FF.fff) skip are filled, with their number.

    Live Link Face drops some on a hot phone; some tools write the same timecode everywhere.
    """
    fields = np.array([timecode.split(":") for timecode in timecodes], np.float64)
    per_second = max(round(table.fps or 0), 1)
    if fields[:, 3].max() >= per_second:
        raise EmoTalkError(f"counts {int(fields[:, 3].max()) + 1} frames a second, not {per_second}; state that as fps")
    frames = fields[:, :3] @ (3600, 60, 1) * per_second + fields[:, 3]
    if (np.diff(frames) > 0).all():
        _check_dropped(round(float(frames[-1] - frames[0])) + 1, len(frames))
    return replace(table, dropped=len(table.values) - len(timecodes))


def _on_grid(names: tuple[str, ...], values: np.ndarray, frames: np.ndarray, fps: float | None) -> CurveTable:
    """Fill the frames that the clock skips."""
    if not np.isfinite(frames).all() or (np.diff(frames) <= 0).any():
        raise EmoTalkError("has frames that do not follow each other in time")
    count = round(float(frames[-1])) + 1
    _check_dropped(count, len(values))
    grid = np.arange(count)
    filled = np.stack([np.interp(grid, frames, column) for column in values.T], axis=1)
    return CurveTable(names, filled, fps, max(count - len(values), 0))


def _check_dropped(count: int, rows: int) -> None:
    if count - rows > _MOST_DROPPED * count:
        raise EmoTalkError(f"skips {count - rows} of its {count} frames; capture it again, or state another fps")


def _read_npy(path: Path, fps: float | None) -> CurveTable:
    values = np.load(path, allow_pickle=False)
    if not isinstance(values, np.ndarray) or values.ndim != 2 or values.dtype.kind not in "fiu":
        raise EmoTalkError("holds no table of numbers; frames × channels is needed")
    return CurveTable((), values.astype(np.float64), fps)


def _read_npz(path: Path, fps: float | None) -> CurveTable:
    with np.load(path, allow_pickle=False) as archive:
        arrays = {name: np.asarray(archive[name]) for name in archive.files}
    if {"values", "channels"} <= set(arrays):
        return _read_ours(path, fps)
    stated = arrays.pop("fps", None)
    rate = float(stated.reshape(())) if stated is not None else fps
    if flame := _flame_values(arrays):
        return CurveTable(FLAME(flame[0].shape[1]).channels, np.concatenate(flame, axis=1), rate)
    if not arrays or any(array.ndim != 1 or array.dtype.kind not in "fiu" for array in arrays.values()):
        raise EmoTalkError("has neither named coefficients of (frames,) each, nor FLAME's expression and jaw")
    if len({len(array) for array in arrays.values()}) > 1:
        raise EmoTalkError("has coefficients of different lengths")
    return CurveTable(tuple(arrays), np.stack(list(arrays.values()), axis=1).astype(np.float64), rate)


def _flame_values(arrays: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray] | None:
    """(frames, N) expression and (frames, 3) jaw in radians; None if the arrays are not FLAME's."""
    by_name = {name.lower(): array for name, array in arrays.items()}
    expression = next((by_name[name] for name in _EXPRESSION if name in by_name), None)
    jaw = next((by_name[name] for name in _JAW if name in by_name), None)
    pose = next((by_name[name] for name in _POSE if name in by_name), None)
    if jaw is None and pose is not None and pose.shape[-1] == 6:
        jaw = pose[..., 3:]
    if expression is None or jaw is None:
        return None
    frames = len(expression)
    if expression.ndim < 2 or len(jaw) != frames or jaw.size != 3 * frames:
        raise EmoTalkError("has an expression and a jaw of FLAME that do not fit each other")
    return expression.reshape(frames, -1)[:, :100].astype(np.float64), jaw.reshape(frames, 3).astype(np.float64)
