"""Figures of blinks, gaze shifts and head motion, beside those of people."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from ...face import arkit
from ...face.basis import ARKIT
from ...face.controls import Controls
from ...face.curves import still
from ...face.eyes import merge_eyes
from ...face.intervals import intervals_of
from ...face.liveliness import find_speech, liven
from ...inference.contract import SAMPLE_RATE, Speech
from ...inference.sound.rms import frame_rms
from ..arrays import BoolArray, FloatArray, IntArray
from ..compact.spoken_line import SpokenLine
from .prediction import samples_of
from .report import Cell, Table

_SEEDS: Final = 5
_SECONDS: Final = 120
_PAUSE: Final = 0.6
"""Seconds of silence between lines."""

_LIDS, _OUT, _UP, _DOWN = arkit.indices(("eyeBlinkLeft", "eyeLookOutLeft", "eyeLookUpLeft", "eyeLookDownLeft"))
_IN: Final = arkit.INDEX["eyeLookInLeft"]
_CLOSED: Final = 0.1
_LARGEST_GAZE_DEGREES: Final = 30.0
_SHIFT_DEGREES: Final = 2.0
_OFF: Final = {"blink_rate": 0, "gaze_gain": 0, "head_gain": 0}


def life_tables(lines: Sequence[SpokenLine], fps: float) -> list[Table]:
    """Liveliness at default controls over two minutes of speech with five seeds, at a model's frame rate."""
    loud = _loudness_of(lines, fps)
    speaking = find_speech(loud, fps)
    face = still(ARKIT, len(loud), fps)
    performances = [merge_eyes(liven(face, loud, Controls({"seed": seed}))) for seed in range(_SEEDS)]
    off = merge_eyes(liven(face, loud, Controls(_OFF)))
    lids = [performance.face.values[:, _LIDS] for performance in performances]
    gaze = [_gaze(performance.face.values) for performance in performances]
    heads = [performance.head.values for performance in performances]
    rows: list[tuple[Cell, ...]] = [
        *_blink_rows(lids, speaking, fps),
        (
            "gaze shifts a minute",
            float(np.mean([_count_gaze_shifts(track) for track in gaze]) / _minutes(loud, fps)),
            "saccades of 2 degrees",
        ),
        ("gaze degrees, mean", float(np.mean([np.linalg.norm(track, axis=1).mean() for track in gaze])), ""),
        *_head_rows(heads, loud, fps),
        ("all gains at 0 move nothing", _is_still(off.face.values, off.head.values), "must"),
    ]
    return [Table("Liveliness at default controls", ("what", "here", "people"), tuple(rows))]


def blinks_of(lids: FloatArray) -> list[tuple[int, int]]:
    """First frame of each blink, and the frame after its last one."""
    return intervals_of(lids > _CLOSED)


def _blink_rows(tracks: Sequence[FloatArray], speaking: BoolArray, fps: float) -> list[tuple[Cell, ...]]:
    blinks = [blinks_of(track) for track in tracks]
    lengths = np.array([end - start for some in blinks for start, end in some]) / fps
    closed = [
        np.array([start + track[start:end].argmax() for start, end in some])
        for track, some in zip(tracks, blinks, strict=True)
    ]
    gaps = np.concatenate([np.diff(frames) / fps for frames in closed])
    single = gaps[gaps > 0.5]
    pauses = np.concatenate([~speaking[frames] for frames in closed])
    near_end = np.concatenate([_near(frames, [end for _, end in intervals_of(speaking)], fps) for frames in closed])
    return [
        ("blinks a minute", len(lengths) / len(tracks) / _minutes(speaking, fps), "10 to 33, talking 26"),
        ("blink seconds, mean", float(lengths.mean()), "under 0.5"),
        ("between blinks, median s", float(np.median(single)), ""),
        ("between blinks, sigma of log", float(np.log(single).std()), "log-normal, 0.6"),
        ("double blinks %", 100 * float((gaps <= 0.5).mean()), ""),
        (
            "blinks in pauses %",
            100 * float(pauses.mean()),
            f"pauses are {100 * float((~speaking).mean()):.0f} % of the time",
        ),
        ("blinks within 0.2 s of a phrase's end %", 100 * float(near_end.mean()), "many"),
    ]


def _head_rows(heads: Sequence[FloatArray], loud: FloatArray, fps: float) -> list[tuple[Cell, ...]]:
    swing = np.mean([head.std(axis=0) for head in heads], axis=0)
    speed = [np.linalg.norm(np.diff(head, axis=0), axis=1) * fps for head in heads]
    follows = np.mean([np.corrcoef(head[:, 0], loud)[0, 1] for head in heads])
    return [
        *(
            (f"head {axis}, sd of degrees", float(value), "")
            for axis, value in zip(("pitch", "yaw", "roll"), swing, strict=True)
        ),
        ("head degrees a second, rms", float(np.sqrt(np.mean(np.concatenate(speed) ** 2))), ""),
        ("head degrees a second, fastest", float(max(track.max() for track in speed)), ""),
        ("nodding and loudness, r", float(follows), "above 0"),
    ]


def _loudness_of(lines: Sequence[SpokenLine], fps: float) -> FloatArray:
    pause = np.zeros(int(_PAUSE * SAMPLE_RATE), np.float32)
    sound = np.concatenate([part for line in lines for part in (samples_of(line), pause)])
    repeats = -(-_SECONDS * SAMPLE_RATE // len(sound))
    speech = Speech(np.tile(sound, repeats)[: _SECONDS * SAMPLE_RATE])
    return frame_rms(speech, int(_SECONDS * fps), fps)


def _gaze(values: FloatArray) -> FloatArray:
    """(frames, 2) degrees to the side and upwards."""
    across = values[:, _OUT] - values[:, _IN]
    gaze: FloatArray = _LARGEST_GAZE_DEGREES * np.stack([across, values[:, _UP] - values[:, _DOWN]], axis=1)
    return gaze


def _count_gaze_shifts(gaze: FloatArray) -> int:
    """Number of gaze shifts of more than ``_SHIFT_DEGREES``."""
    moving = np.linalg.norm(np.diff(gaze, axis=0), axis=1) > 0.2
    return sum(float(np.linalg.norm(gaze[end] - gaze[start])) > _SHIFT_DEGREES for start, end in intervals_of(moving))


def _near(frames: IntArray, ends: Sequence[int], fps: float) -> BoolArray:
    return np.array([min(abs(frame - end) for end in ends) <= 0.2 * fps for frame in frames])


def _is_still(face: FloatArray, head: FloatArray) -> bool:
    return not face.any() and not head.any()


def _minutes(track: FloatArray | BoolArray, fps: float) -> float:
    return len(track) / fps / 60
