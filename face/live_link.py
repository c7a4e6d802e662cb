"""Takes of the Live Link Face app as tables, as Unreal Engine reads them."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from . import arkit
from .basis import ARKIT, EYES, HEAD
from .curves import FaceCurves, Performance, ReadCurves, still
from .errors import CurveFileError

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
_MOST_FILLED: Final = 2.0
"""A take that lacks more than every other frame was interrupted; its rows are taken as they follow each other."""
_FEW_FILLED: Final = 1.1
"""The same where the rate that is given is not the one by which the timecodes count."""

_HEAD_SIGNS: Final = {"headYaw": ("HeadYaw", 1.0), "headPitch": ("HeadPitch", 1.0), "headRoll": ("HeadRoll", -1.0)}
"""ARKit's face axes: yaw + to the actor's left and pitch + down like ours, roll + to the actor's right."""


def write_live_link(path: Path, performance: Performance) -> None:
    """Write a take: timecode, 52 capitalised ARKit names in Apple's order, rotations of head and eyes, six decimals.

    Raises:
        CurveFileError: the face lacks channels of ARKit.
        OSError: the file cannot be written.
    """
    face = performance.face
    missing = [name for name in LIVE_LINK_CHANNELS if name not in face.basis.index]
    if missing:
        raise CurveFileError(f"These curves lack {missing[0]}; only ARKit's 52 channels can be written as .csv")
    columns = [face.values[:, face.basis.columns(LIVE_LINK_CHANNELS)], _rotations(performance)]
    count = len(_CSV_HEADER) - 2
    template = f"%s,{count}," + ",".join(["%.6f"] * count) + "\n"
    rows = np.round(np.concatenate(columns, axis=1).astype(np.float64), 6) + 0.0  # + 0.0 turns -0.0 into 0.0
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


def read_live_link(path: Path, fps: float | None) -> ReadCurves:
    """Read a take. Frames that the app has left out, as its timecodes show, are interpolated.

    Args:
        path: of the table.
        fps: frames per second; None for the nearest whole number, from the timecodes.

    Raises:
        CurveFileError: it is no such table, is damaged, or is under a second long without ``fps``; the message is the
            end of a sentence about the file.
        OSError: it cannot be read.
    """
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
    clock = _clock([row[place["timecode"]] for row in rows])
    counted = None if clock is None else _rate_of(clock[:, -1])
    if fps is None and counted is None:
        raise CurveFileError("is shorter than a second, so its timecodes do not show its frame rate; pass fps")
    most = _MOST_FILLED if fps is None or counted == round(fps) else _FEW_FILLED
    fps = fps or float(counted or 0)
    remarks: tuple[str, ...] = ()
    places = None if clock is None else _places(clock, round(fps))
    if places is not None and len(places) <= places[-1] <= most * len(places):
        table, head = _on_every_frame(places, table), _on_every_frame(places, head)
        remarks = (f"{len(table) - len(places)} frames that the take lacks were filled in",)
    face = FaceCurves(table, ARKIT, fps)
    return ReadCurves(Performance(face, FaceCurves(head, HEAD, fps), still(EYES, face.frames, fps)), remarks)


def _column(rows: list[list[str]], column: int) -> np.ndarray:
    try:
        return np.array([float(row[column]) for row in rows], np.float32)
    except (ValueError, IndexError):
        raise CurveFileError("has a row that is cut off or holds values that are not numbers") from None


def _clock(timecodes: Sequence[str]) -> np.ndarray | None:
    """(rows, 4) hours, minutes, seconds and frames; None if the texts are no timecodes."""
    try:
        clock = np.array([[int(float(part)) for part in timecode.split(":")] for timecode in timecodes], np.int64)
    except (ValueError, OverflowError):
        return None
    return clock if clock.shape[1:] == (4,) else None


def _rate_of(frames: np.ndarray) -> int | None:
    """Frames per second: one more than the highest frame number; None for less than a second."""
    return None if (np.diff(frames) >= 0).all() else int(frames.max()) + 1


def _places(clock: np.ndarray, rate: int) -> np.ndarray | None:
    """(rows,) whole numbers of frames after the first row; None if the clock does not go on at this rate."""
    if not len(clock) or clock[:, -1].max() >= rate:
        return None
    places = clock @ (3600 * rate, 60 * rate, rate, 1)
    return places - places[0] if (np.diff(places) > 0).all() else None


def _on_every_frame(places: np.ndarray, values: np.ndarray) -> np.ndarray:
    columns = [np.interp(np.arange(places[-1] + 1), places, column) for column in values.T]
    return np.stack(columns, axis=1).astype(np.float32)
