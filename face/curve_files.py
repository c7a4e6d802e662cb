"""Performances as files: .npz for pipelines, .json for anything, .csv for Live Link Face tools.

* ``.npz``: ``values`` (frames, channels) float32, ``channels``, ``fps``, ``basis``, ``head`` (frames, 3) degrees,
  ``head_channels``; and ``eyes``, ``eye_channels`` if the face has no channels for blinks and gaze (otherwise these are
  in ``values``).
* ``.json``: the same names, six decimals.
* ``.csv``: as the Live Link Face app records: timecode, 52 capitalised ARKit names in Apple's order, and rotations of
  head and eyes as shares of 180 degrees (as Unreal Engine reads them), six decimals.
"""

import csv
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np

from . import arkit
from .atomic_file import replacing
from .basis import ARKIT, EYES, HEAD, Basis, basis_of
from .curves import FaceCurves, Performance, still
from .errors import EmoTalkError
from .eyes import merge_eyes

FORMATS: Final = ("npz", "json", "csv")

_EYES: Final = "eyeBlink eyeLookDown eyeLookIn eyeLookOut eyeLookUp eyeSquint eyeWide"
_REST: Final = (
    "jawForward jawRight jawLeft jawOpen mouthClose mouthFunnel mouthPucker mouthRight mouthLeft mouthSmile mouthFrown "
    "mouthDimple mouthStretch mouthRollLower mouthRollUpper mouthShrugLower mouthShrugUpper mouthPress mouthLowerDown "
    "mouthUpperUp browDown browInnerUp browOuterUp cheekPuff cheekSquint noseSneer tongueOut"
)
LIVE_LINK_CHANNELS: Final = (
    *(stem + side for side in ("Left", "Right") for stem in _EYES.split()),
    *(name for stem in _REST.split() for name in arkit.sides(stem)),
)
"""The ARKit channels in the order of Apple's list and of Live Link Face's columns."""

_ROTATIONS: Final = tuple(
    f"{part}{axis}" for part in ("Head", "LeftEye", "RightEye") for axis in ("Yaw", "Pitch", "Roll")
)
_CSV_HEADER: Final = (
    "Timecode",
    "BlendShapeCount",
    *(name[0].upper() + name[1:] for name in LIVE_LINK_CHANNELS),
    *_ROTATIONS,
)
_HALF_TURN: Final = 180.0

_HEAD_SIGNS: Final = {"headYaw": ("HeadYaw", 1.0), "headPitch": ("HeadPitch", 1.0), "headRoll": ("HeadRoll", -1.0)}
"""ARKit's face axes: yaw + to the actor's left and pitch + down like ours, roll + to the actor's right."""


_CHANNELS_OF: Final = {"head": "head_channels", "eyes": "eye_channels"}
_MOVES: Final = {"head": "a head that does not move", "eyes": "eyes that do not move"}


class CurveFileError(EmoTalkError, ValueError):
    """A file holds no usable curves, or its name has an unknown suffix; the message is a sentence."""


def format_of(path: str | Path) -> str:
    """The format by a file's suffix. Raises CurveFileError if it is not one of ``FORMATS``."""
    suffix = Path(path).suffix.lower().removeprefix(".")
    if suffix not in FORMATS:
        raise CurveFileError(f"{Path(path).name} should end in .{', .'.join(FORMATS[:-1])} or .{FORMATS[-1]}")
    return suffix


def write_curves(path: str | Path, performance: Performance, *, overwrite: bool = True) -> None:
    """Write a performance atomically in the format of the suffix; equal input gives equal bytes.

    Raises:
        CurveFileError: the suffix is unknown, or the curves hold values that are not numbers.
        PlaceError: a folder, a pipe or a device is there; or a file is (TakenError), and ``overwrite`` is off.
        OSError: the folder cannot be written to.
    """
    path = Path(path)
    write = {"npz": _write_npz, "json": _write_json, "csv": _write_csv}[format_of(path)]
    if not performance.is_finite:
        raise CurveFileError(f"These curves hold values that are not numbers; {path.name} was not written")
    performance = merge_eyes(performance)
    with replacing(path, overwrite=overwrite) as part:
        write(part, performance)


def read_curves(path: str | Path, fps: float | None = None) -> Performance:
    """Read a performance back.

    Args:
        path: .npz, .json or .csv, written by EmoTalk, or a .csv of the Live Link Face app.
        fps: the frame rate of a .csv; without it, the nearest whole number, from its timecodes.

    Raises:
        CurveFileError: the file has another format, is damaged, or is a .csv under a second long without ``fps``.
        OSError: it cannot be read.
    """
    path = Path(path)
    kind = format_of(path)
    try:
        if kind == "csv":
            return _read_csv(path, fps)
        if kind == "npz":
            with np.load(path, allow_pickle=False) as arrays:
                return performance_of(arrays)
        return performance_of(json.loads(path.read_text("utf-8")))
    except CurveFileError as error:
        raise CurveFileError(f"{path.name} {error}") from None
    except OSError:
        raise
    except Exception:  # zipfile, json and NumPy raise a dozen kinds of exceptions for damaged files
        raise CurveFileError(f"{path.name} does not hold curves as EmoTalk writes them") from None


def arrays_of(performance: Performance) -> dict[str, np.ndarray]:
    """The arrays of a ``.npz``, as the head of this module describes them; eyes are merged already."""
    face = performance.face
    arrays: dict[str, np.ndarray] = {
        "values": face.values.astype(np.float32),
        "channels": np.array(face.channels),
        "fps": np.array(face.fps, np.float64),
        "basis": np.array(face.basis.name),
    }
    for name, curves in _parts(performance).items():
        arrays[name] = curves.values.astype(np.float32)
        arrays[_CHANNELS_OF[name]] = np.array(curves.channels)
    return arrays


def _write_npz(path: Path, performance: Performance) -> None:
    arrays = arrays_of(performance)
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            # Our own ZipInfo contains no clock time: equal curves give equal bytes.
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                np.save(member, array, allow_pickle=False)


def _write_json(path: Path, performance: Performance) -> None:
    face, parts = performance.face, _parts(performance)
    fields = {"fps": face.fps, "basis": face.basis.name, "channels": face.channels}
    fields |= {_CHANNELS_OF[name]: curves.channels for name, curves in parts.items()}
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(fields)[:-1])
        for name, curves in {"values": face, **parts}.items():
            file.write(f', "{name}": [')
            for i, row in enumerate(_rows(curves.values)):
                file.write(("," if i else "") + "\n" + json.dumps(row))
            file.write("]")
        file.write("}\n")


def _rows(values: np.ndarray) -> Iterator[list[float]]:
    """One row at a time, so that an hour of curves does not become millions of Python numbers at once."""
    for row in values:
        yield (np.round(row.astype(np.float64), 6) + 0.0).tolist()  # + 0.0 turns -0.0 into 0.0


def performance_of(fields: Mapping[str, Any]) -> Performance:
    """The performance of such arrays or lists.

    Raises:
        CurveFileError: they do not fit each other; other exceptions where something is missing or no number.
    """
    channels = tuple(str(name) for name in fields["channels"])
    values = np.asarray(fields["values"], np.float32).reshape(-1, len(channels))
    if len(set(channels)) != len(channels) or len(values) != len(fields["values"]) or not np.isfinite(values).all():
        raise CurveFileError("holds curves that do not fit their channels")
    face = FaceCurves(values, basis_of(channels), float(fields["fps"]))
    return Performance(face, _part("head", HEAD, fields, face), _part("eyes", EYES, fields, face))


def _part(name: str, basis: Basis, fields: Mapping[str, Any], face: FaceCurves) -> FaceCurves:
    """The head or the eyes; motionless if the file has none."""
    if name not in fields:
        return still(basis, face.frames, face.fps)
    channels = tuple(str(channel) for channel in fields.get(_CHANNELS_OF[name], basis.channels))
    if channels != basis.channels:
        raise CurveFileError(f"names other channels of the {name} than {', '.join(basis.channels)}")
    values = np.asarray(fields[name], np.float32).reshape(-1, len(channels))
    if len(values) != face.frames or not np.isfinite(values).all():
        raise CurveFileError(f"holds {_MOVES[name]} as long as the face")
    return FaceCurves(values, basis, face.fps)


def _parts(performance: Performance) -> dict[str, FaceCurves]:
    """The parts written beside the face: the head, and the eyes if the face has no channels for them."""
    parts = {"head": performance.head}
    if not performance.face.basis.has(("eyeBlinkLeft", "eyeLookUpLeft")):
        parts["eyes"] = performance.eyes
    return parts


def _write_csv(path: Path, performance: Performance) -> None:
    face = performance.face
    missing = [name for name in LIVE_LINK_CHANNELS if name not in face.basis.index]
    if missing:
        raise CurveFileError(f"These curves lack {missing[0]}; only ARKit's 52 channels can be written as .csv")
    columns = [face.values[:, face.basis.columns(LIVE_LINK_CHANNELS)], _rotations(performance)]
    count = len(_CSV_HEADER) - 2
    template = f"%s,{count}," + ",".join(["%.6f"] * count) + "\n"
    rows = _rows(np.concatenate(columns, axis=1))
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(_CSV_HEADER) + "\n")
        file.writelines(template % (timecode, *row) for timecode, row in zip(_timecodes(face), rows, strict=True))


def _timecodes(curves: FaceCurves) -> Iterator[str]:
    """HH:MM:SS:FF.000, counted without drops at the whole number nearest to the rate."""
    per_second = max(1, round(curves.fps))
    for frame in range(curves.frames):
        seconds, frame = divmod(frame, per_second)
        yield f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}:{frame:02}.000"


def _rotations(performance: Performance) -> np.ndarray:
    """(frames, 9) rotations of head and eyes, shares of 180 degrees in ARKit's axes."""
    columns = {name: np.zeros(performance.face.frames, np.float32) for name in _ROTATIONS}
    for ours, (theirs, sign) in _HEAD_SIGNS.items():
        columns[theirs] = sign * performance.head.channel(ours) / _HALF_TURN
    look = {name: performance.face.channel(f"eyeLook{name}") * arkit.LOOK_DEGREES / _HALF_TURN for name in _LOOKS}
    for side, left, right in (("Left", "Out", "In"), ("Right", "In", "Out")):
        columns[f"{side}EyeYaw"] = look[left + side] - look[right + side]
        columns[f"{side}EyePitch"] = look["Down" + side] - look["Up" + side]
    return np.stack([columns[name] for name in _ROTATIONS], axis=1)


_LOOKS: Final = tuple(way + side for way in ("In", "Out", "Up", "Down") for side in ("Left", "Right"))


def _read_csv(path: Path, fps: float | None) -> Performance:
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    place = {name.strip().lower(): column for column, name in enumerate(header)}
    names = [name for name in arkit.CHANNELS if name.lower() in place]
    if "timecode" not in place or not names:
        raise CurveFileError("is not a Live Link Face table: it needs a Timecode and ARKit's names")
    rows = [row for row in rows if row]
    table = np.zeros((len(rows), len(arkit.CHANNELS)), np.float32)
    head = np.zeros((len(rows), len(arkit.HEAD_CHANNELS)), np.float32)
    for name in names:
        table[:, arkit.INDEX[name]] = _column(rows, place[name.lower()])
    for column, (theirs, sign) in enumerate(_HEAD_SIGNS[name] for name in arkit.HEAD_CHANNELS):
        if theirs.lower() in place:
            head[:, column] = sign * _HALF_TURN * _column(rows, place[theirs.lower()])
    if not (np.isfinite(table).all() and np.isfinite(head).all()):
        raise CurveFileError("holds values that are not numbers")
    if fps is None:
        fps = _rate_of(row[place["timecode"]] for row in rows)
    return Performance(FaceCurves(table, ARKIT, fps), FaceCurves(head, HEAD, fps), still(EYES, len(rows), fps))


def _column(rows: list[list[str]], column: int) -> np.ndarray:
    try:
        return np.array([float(row[column]) for row in rows], np.float32)
    except (ValueError, IndexError):
        raise CurveFileError("has a row that is cut off or holds values that are not numbers") from None


def _rate_of(timecodes: Iterable[str]) -> float:
    """Frames per second from timecodes: one more than the highest frame number; takes at least one second."""
    frames = [int(float(timecode.rpartition(":")[2])) for timecode in timecodes]
    if all(later >= earlier for earlier, later in pairwise(frames)):
        raise CurveFileError("is shorter than a second, so its timecodes do not show its frame rate; pass fps")
    return float(max(frames) + 1)
