"""How a face acts: upper face, waves and accents, head, blinks and jitter, beside those of people.

Everything is measured on finished performances at default controls, as an animator gets them, with the acting and
without. The figures of people are from eleven captured takes: one person speaking for 20 s, ten moods of 31 to 51 s.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from ...face import metrics
from ...face.acting.prosody import Prosody
from ...face.controls import STILL_ACTING, Controls
from ...face.curves import Performance
from ...face.emotions import EMOTIONS, IS_MOUTH, NEUTRAL, PROTOTYPES
from ...face.eyes import merge_eyes
from ...face.shaping import gaussian_filter
from ...inference.contract import SAMPLE_RATE, FaceModel, Speech
from ...inference.engine import Engine
from ...inference.models.placement import PlacedModel
from ...inference.sound.audio import read_speech
from ...inference.sound.prosody_tracks import prosody_tracks
from ..arrays import FloatArray
from ..compact.spoken_line import SpokenLine
from .captures import CAPTURE_FPS, best_correlation, read_jaw
from .performed import (
    blink_frames,
    brows_with_stress,
    curve,
    jitter,
    lips_follow_loudness,
    power_share,
    recognised,
    seconds_closed,
    share_near_peak,
    speed,
)
from .prediction import arkit_values, samples_of
from .report import Cell, Table, left_out

_TAKE_SECONDS: Final = 20
_PAUSE: Final = 0.6
"""Seconds of silence between the lines of a take."""

UPPER_FACE: Final[Mapping[str, str]] = {
    "browInnerUp": ".288; moods .015-.197",
    "browDown": ".209; moods 0-.196",
    "browOuterUp": "",
    "eyeSquint": ".071; moods .03-.14",
    "cheekSquint": ".105; moods .01-.11",
    "noseSneer": ".091; moods 0-.115",
}
"""Stem -> standard deviation of people."""
_LOWER_FACE: Final[Mapping[str, str]] = {
    "mouthFrown": ".068",
    "mouthShrugLower": ".037",
    "mouthShrugUpper": ".036",
    "mouthPress": ".011",
    "mouthRollLower": ".017",
    "mouthRollUpper": ".009",
}


@dataclass(frozen=True)
class Take:
    """One sound, and what it does."""

    speech: Speech
    prosody: Prosody


def acting_tables(model: FaceModel, lines: Sequence[SpokenLine], captures: Path | None = None) -> list[Table]:
    """Upper and lower face, moods, head and blinks, with the acting and without.

    Args:
        model: to evaluate.
        lines: what it speaks.
        captures: a folder of takes with a captured jaw; see ``captures.py``.
    """
    if not lines:
        return [left_out("Acting", "There are no lines to act.")]
    studio = Studio(model)
    takes = studio.takes(lines)
    emotions = [emotion for emotion in EMOTIONS if emotion in model.spec.emotions] or [NEUTRAL]
    acted = {emotion: [studio.perform(take, {emotion: 1}) for take in takes] for emotion in emotions}
    still = [studio.perform(take, STILL_ACTING) for take in takes]
    calm = acted[emotions[0]]
    jaws = [_jaw_table(studio, captures)] if captures else []
    return [
        _motion_table("Upper face", UPPER_FACE, acted, still),
        _motion_table("Lower face", _LOWER_FACE, {emotions[0]: calm}, still),
        _mood_table(studio, lines, takes, acted, emotions),
        _life_table(calm, still, takes),
        *jaws,
    ]


class Studio:
    """Performs with a model as an animator's line is performed, and judges the lips."""

    def __init__(self, model: FaceModel) -> None:
        self.fps = model.spec.fps
        placed = PlacedModel(model.model_id, lambda _device: model, "cpu", "float32")
        self._engine = Engine(lambda *_choice: placed)

    def takes(self, lines: Sequence[SpokenLine]) -> list[Take]:
        """Lines with pauses between them, joined to takes of twenty seconds and more."""
        pause = np.zeros(int(_PAUSE * SAMPLE_RATE), np.float32)
        takes: list[Take] = []
        parts: list[FloatArray] = [pause]
        for number, line in enumerate(lines):
            parts += [samples_of(line), pause]
            if sum(map(len, parts)) >= _TAKE_SECONDS * SAMPLE_RATE or (number == len(lines) - 1 and not takes):
                speech = Speech(np.concatenate(parts).astype(np.float32))
                takes.append(Take(speech, prosody_tracks(speech, int(speech.seconds * self.fps), self.fps)))
                parts = [pause]
        return takes

    def perform(self, take: Take | Speech, controls: Mapping[str, object]) -> Performance:
        """The performance of a take, blinks and gaze merged into the face."""
        speech = take.speech if isinstance(take, Take) else take
        return merge_eyes(self._engine.perform(speech, Controls(controls)))

    def judge(self, lines: Sequence[SpokenLine], controls: Mapping[str, object]) -> metrics.LipSync:
        """Lip sync of lines as performed."""
        items = []
        for line in lines:
            values = arkit_values(self.perform(Speech(samples_of(line).astype(np.float32)), controls).face)
            items.append((values, [(phone.start, phone.end, phone.name) for phone in line.phones]))
        return metrics.judge(items, self.fps)


def _motion_table(
    title: str, stems: Mapping[str, str], acted: Mapping[str, list[Performance]], still: list[Performance]
) -> Table:
    columns = (still, *acted.values())
    rows: list[tuple[Cell, ...]] = [
        (f"{stem}, sd", people, *(_mean(partial(_deviation, stem=stem), some) for some in columns))
        for stem, people in stems.items()
    ]
    people = ".145; moods .021-.120" if stems is UPPER_FACE else ""
    speeds = (_mean(partial(_speed_of, stems=tuple(stems)), some) for some in columns)
    rows.append(("speed, mean of these a second", people, *speeds))
    return Table(f"{title}: motion", ("what", "people", "neutral, still", *acted), tuple(rows))


def _deviation(performance: Performance, stem: str) -> float:
    return float(curve(performance.face, stem).std())


def _speed_of(performance: Performance, stems: Sequence[str]) -> float:
    face = performance.face
    return float(np.mean([speed(curve(face, stem), face.fps) for stem in stems]))


def _mood_table(
    studio: Studio,
    lines: Sequence[SpokenLine],
    takes: Sequence[Take],
    acted: Mapping[str, list[Performance]],
    emotions: Sequence[str],
) -> Table:
    calm = acted[emotions[0]]
    neutral = studio.judge(lines, {})
    before = studio.judge(lines, STILL_ACTING)
    rows: list[tuple[Cell, ...]] = [
        ("neutral, still", float("nan"), float("nan"), float("nan"), float("nan"), *_lips(before, neutral))
    ]
    for emotion in emotions:
        share, right = [], []
        for performance, plain in zip(acted[emotion], calm, strict=True):
            if emotion != NEUTRAL:
                wave, shift = _course(performance, plain, emotion)
                share.append(share_near_peak(wave))
                right.append(recognised(shift) == emotion)
        follows = [brows_with_stress(p.face, take.prosody) for p, take in zip(acted[emotion], takes, strict=True)]
        judged = studio.judge(lines, {emotion: 1})
        rows.append(
            (
                emotion,
                float(np.mean(share)) if share else float("nan"),
                100 * float(np.mean(right)) if right else float("nan"),
                float(np.mean(follows)),
                float(np.mean([jitter(p.face, UPPER_FACE) for p in acted[emotion]])),
                *_lips(judged, neutral),
            )
        )
    columns = (
        "emotion", "above 90 % of peak", "recognised at peak %", "brows with stress r", "power 8-15 Hz",
        "composite", "lost", "p b m F1", "f v AUC", "rest open",
    )  # fmt: skip
    return Table("Moods at intensity 1 (people: under .2 above 90 %, power .001-.007)", columns, tuple(rows))


def _course(performance: Performance, plain: Performance, emotion: str) -> tuple[FloatArray, FloatArray]:
    """(frames,) how much of an emotion a face shows over time, and (52,) what it changes at the peak of its wave."""
    added = arkit_values(performance.face) - arkit_values(plain.face)
    prototype = PROTOTYPES[EMOTIONS.index(emotion)] * ~IS_MOUTH
    # The accents of both differ too: over half a second they average out.
    smooth = gaussian_filter(added, 0.15 * performance.face.fps)
    wave = np.maximum(smooth @ prototype / max(float(prototype @ prototype), 1e-6), 0)
    peak = wave >= np.percentile(wave, 90)
    shift: FloatArray = added[peak].mean(axis=0)
    return wave, shift


def _lips(judged: metrics.LipSync, neutral: metrics.LipSync) -> tuple[float, ...]:
    lost = neutral.composite - judged.composite
    return judged.composite, lost, judged.closure_f1, judged.labiodental_auc, judged.rest_open


def _jaw_table(studio: Studio, folder: Path) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for take in sorted(folder.glob("take_*.csv")):
        captured, speech = read_jaw(take), read_speech(take.with_suffix(".flac"))
        found = []
        for controls in ({"loudness_jaw": 0}, {}):
            face = studio.perform(speech, controls).face.resampled(CAPTURE_FPS)
            found.append(best_correlation(captured, face.channel("jawOpen"))[0])
        rows.append((take.stem, *found))
    columns = ("take", "jaw r without loudness", "jaw r with it")
    return Table("Jaw of a captured voice in another language", columns, tuple(rows))


def _life_table(acted: Sequence[Performance], still: Sequence[Performance], takes: Sequence[Take]) -> Table:
    people = {
        "blinks a minute": "18; moods 2-41",
        "blink peak, median": ".61; .51-.80",
        "blink above .4, ms": "50; 42-117",
        "blink intervals, sd / mean": ".39; .6-1.4",
        "head sd, pitch": "1.2",
        "head sd, yaw": "1.3",
        "head sd, roll": ".8",
        "head speed, pitch": "3.0",
        "head speed, yaw": "4.5",
        "head speed, roll": "2.2",
        "head power 1-3 Hz, pitch": ".13",
        "head power 1-3 Hz, yaw": ".22",
        "head power 1-3 Hz, roll": ".11",
        "lips with loudness, r (SLCC)": ".34",
        "smile, left - right": ".009; 0-.104",
    }
    now, before = _life(acted, takes), _life(still, takes)
    return Table(
        "Head, blinks and lips at neutral (degrees, seconds)",
        ("what", "people", "still", "acting"),
        tuple((name, said, before[name], now[name]) for name, said in people.items()),
    )


def _life(performances: Sequence[Performance], takes: Sequence[Take]) -> dict[str, float]:
    fps = performances[0].face.fps
    peaks, lengths, gaps = [], [], []
    for performance in performances:
        lid = curve(performance.face, "eyeBlink")
        places = blink_frames(lid)
        peaks += lid[places].tolist()
        lengths += [1000 * seconds_closed(lid, place, fps) for place in places]
        gaps += (np.diff(places) / fps).tolist()
    found = {
        "blinks a minute": 60 * len(peaks) / sum(p.face.frames / fps for p in performances),
        "blink peak, median": float(np.median(peaks)) if peaks else 0.0,
        "blink above .4, ms": float(np.median(lengths)) if lengths else 0.0,
        "blink intervals, sd / mean": float(np.std(gaps) / np.mean(gaps)) if gaps else 0.0,
        "lips with loudness, r (SLCC)": float(
            np.mean([lips_follow_loudness(p.face, t.prosody) for p, t in zip(performances, takes, strict=True)])
        ),
        "smile, left - right": _mean(
            lambda p: float(np.abs(p.face.channel("mouthSmileLeft") - p.face.channel("mouthSmileRight")).mean()),
            performances,
        ),
    }
    for axis, name in enumerate(("pitch", "yaw", "roll")):
        tracks = [p.head.values[:, axis] for p in performances]
        found[f"head sd, {name}"] = float(np.mean([track.std() for track in tracks]))
        found[f"head speed, {name}"] = float(np.mean([np.abs(np.diff(track)).mean() * fps for track in tracks]))
        shares = [power_share(track[:, None], fps, (1.0, 3.0)) for track in tracks]
        found[f"head power 1-3 Hz, {name}"] = float(np.mean(shares))
    return found


def _mean(measure: Callable[[Performance], float], performances: Sequence[Performance]) -> float:
    return float(np.mean([measure(performance) for performance in performances]))
