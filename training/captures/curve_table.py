"""Captured curves as their file has them: columns by name, before they become channels of our face.

Formats by suffix:

* ``.csv``: Live Link Face (timecode, ARKit's names), or one named column for each coefficient, if need be with a column
  ``frame`` or ``time`` (seconds), by which dropped frames are noticed.
* ``.npz``: as EmoTalk writes it (Export Curves); FLAME's expression and jaw (``flame/expression_files.py``); or one
  array of (frames,) for each coefficient, with or without ``fps``.
* ``.npy``: frames × channels without names, as 3D-ETF has it: ARKit's 52 at 30 frames per second.
* ``.json``: as EmoTalk writes it.
* glTF and USD: a head whose shape keys have names that EmoTalk knows.

Nothing is ever unpickled.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from ...face.curve_files import read_curves
from ...face.errors import EmoTalkError
from ...face.flame.expression_files import EXPRESSION_NAMES, RATE_NAMES, read_expressions
from ...face.gltf_weights import GLTF
from ...face.usd_weights import USD

_SCENES: Final = tuple(f".{kind}" for kind in (*GLTF, *USD))
SUFFIXES: Final = (".csv", ".npz", ".npy", ".json", *_SCENES)
_CLOCKS: Final = ("frame", "time")
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
    readers = {".csv": _read_csv, ".npz": _read_npz, ".npy": _read_npy}
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise EmoTalkError(f"{path.name} is of no kind that holds curves: {', '.join(SUFFIXES)}")
    try:
        table = readers.get(suffix, _read_ours)(path, fps)
    except FileNotFoundError:
        raise EmoTalkError(f"There is no file {path.name}") from None
    except OSError as error:
        raise EmoTalkError(f"{path.name} cannot be read: {error.strerror or error}") from None
    except EmoTalkError as error:
        sentence = str(error)
        named = sentence if sentence.startswith(path.name) else f"{path.name} {sentence}"
        raise EmoTalkError(named) from None
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
    names = {name.lower() for name in arrays}
    if names & set(EXPRESSION_NAMES):
        return _flame(arrays, fps, states_rate=bool(names & set(RATE_NAMES)))
    stated = arrays.pop("fps", None)
    rate = float(stated.reshape(())) if stated is not None else fps
    if not arrays or any(array.ndim != 1 or array.dtype.kind not in "fiu" for array in arrays.values()):
        raise EmoTalkError("has neither named coefficients of (frames,) each, nor FLAME's expression and jaw")
    if len({len(array) for array in arrays.values()}) > 1:
        raise EmoTalkError("has coefficients of different lengths")
    return CurveTable(tuple(arrays), np.stack(list(arrays.values()), axis=1).astype(np.float64), rate)


def _flame(arrays: Mapping[str, np.ndarray], fps: float | None, states_rate: bool) -> CurveTable:
    """FLAME's expression and jaw. A mouth whose jaw is missing cannot be learnt from."""
    read = read_expressions(arrays, fps if states_rate else fps or 1.0)
    if read.remarks:
        raise EmoTalkError("has an expression of FLAME and no jaw; export both")
    face = read.performance.face
    return CurveTable(face.channels, face.values.astype(np.float64), face.fps if states_rate else fps)
