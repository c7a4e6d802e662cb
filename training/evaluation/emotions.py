"""Effect of each emotion on the face and on lip sync."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from ...face.controls import Controls
from ...face.emotions import EMOTIONS, PROTOTYPES
from ...inference.contract import FaceModel
from ..arrays import BoolArray, FloatArray
from ..compact.spoken_line import SpokenLine
from .head import distance
from .lips import judge_lines
from .prediction import decode, encode, predict, samples_of
from .report import Cell, Table, left_out

_STEPS: Final = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)
_LEVEL_LINES: Final = 5


def emotion_tables(model: FaceModel, lines: Sequence[SpokenLine]) -> list[Table]:
    """Recognition of the emotions, and for each one the cost in lip sync, its growth, and the effect of its level."""
    emotions = [emotion for emotion in EMOTIONS if emotion in model.spec.emotions]
    if not emotions:
        return [left_out("Emotions", "This model has none of the eight emotions with a prototype.")]
    right = recognise_emotions(model, lines, emotions)
    neutral = judge_lines(model, lines)
    rows: list[tuple[Cell, ...]] = []
    for number, emotion in enumerate(emotions):
        judged = judge_lines(model, lines, controls=Controls({emotion: 1}))
        weak, strong = (
            np.concatenate(
                [
                    predict(model, samples_of(line), Controls({emotion: 1, "emotion_level": level}))
                    for line in lines[:_LEVEL_LINES]
                ]
            )
            for level in (0, 1)
        )
        growth = measure_growth(model, lines[0], emotion)
        rows.append(
            (
                emotion,
                100 * float(right[:, number].mean()),
                judged.composite,
                judged.closure_f1,
                neutral.closure_f1 - judged.closure_f1,
                bool((np.diff(growth) > 0).all()) if emotion != "neutral" else bool(np.ptp(growth) < 1e-6),
                distance(weak, strong),
            )
        )
    total = (len(lines), int(right.sum()), right.size, 100 * float(right.mean()))
    columns = ("emotion", "recognised %", "composite", "p b m F1", "F1 lost", "grows steadily", "level mm")
    return [
        Table(
            "Emotions recognised by the nearest prototype (must be 95 %)",
            ("sentences", "recognised", "of", "%"),
            (total,),
        ),
        Table("Emotions at intensity 1 (F1 must lose 0.03 or less)", columns, tuple(rows)),
    ]


def recognise_emotions(model: FaceModel, lines: Sequence[SpokenLine], emotions: Sequence[str]) -> BoolArray:
    """(lines, emotions) whether the mean change of the face at intensity 1 is nearest to its own prototype."""
    right = np.zeros((len(lines), len(emotions)), bool)
    for row, line in zip(right, lines, strict=True):
        features = encode(model, samples_of(line))
        neutral = decode(model, features).mean(axis=0)
        for number, emotion in enumerate(emotions):
            shift = decode(model, features, Controls({emotion: 1})).mean(axis=0) - neutral
            row[number] = EMOTIONS[np.argmin(np.linalg.norm(PROTOTYPES - shift, axis=1))] == emotion
    return right


def measure_growth(model: FaceModel, line: SpokenLine, emotion: str) -> FloatArray:
    """Projection of the mean face on an emotion's prototype at each of seven intensities from 0 to 1.5."""
    features = encode(model, samples_of(line))
    prototype = PROTOTYPES[EMOTIONS.index(emotion)]
    return np.array(
        [
            decode(model, features, Controls({emotion: 1, "intensity": intensity})).mean(axis=0) @ prototype
            for intensity in _STEPS
        ]
    )
