"""What each emotion does to the face and to the lips."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from ...face.controls import Controls
from ...face.emotions import EMOTIONS, PROTOTYPES
from ...inference.contract import Speech
from ...inference.models.compact import EmoTalkCompact
from ..arrays import FloatArray
from ..phones import SpokenLine
from .head import distance
from .lips import judge_lines
from .prediction import predict, sound_of
from .report import Table

_STEPS: Final = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)
_LEVEL_LINES: Final = 5


def emotion_tables(model: EmoTalkCompact, lines: Sequence[SpokenLine]) -> list[Table]:
    """Emotions told apart, what each costs the lips, how it grows, and what its level does."""
    right = recognised(model, lines)
    calm = judge_lines(model, lines)
    rows = []
    for number, emotion in enumerate(EMOTIONS):
        judged = judge_lines(model, lines, **{emotion: 1})
        held_back, strong = (
            np.concatenate(
                [
                    predict(model, sound_of(line), **{emotion: 1, "emotion_level": level})
                    for line in lines[:_LEVEL_LINES]
                ]
            )
            for level in (0, 1)
        )
        grows = growth(model, lines[0], emotion)
        rows.append(
            (
                emotion,
                100 * float(right[:, number].mean()),
                judged.composite,
                judged.closure_f1,
                calm.closure_f1 - judged.closure_f1,
                bool((np.diff(grows) > 0).all()) if number else bool(np.ptp(grows) < 1e-6),
                distance(held_back, strong),
            )
        )
    told = (len(lines), int(right.sum()), right.size, 100 * float(right.mean()))
    columns = ("emotion", "told %", "composite", "p b m F1", "F1 lost", "grows steadily", "level mm")
    return [
        Table("Emotions told by the nearest prototype (must be 95 %)", ("sentences", "told", "of", "%"), (told,)),
        Table("Emotions at intensity 1 (F1 must lose 0.03 or less)", columns, tuple(rows)),
    ]


def recognised(model: EmoTalkCompact, lines: Sequence[SpokenLine]) -> FloatArray:
    """(lines, 8) bool: whether a performance at intensity 1 is nearest to its own emotion's prototype."""
    right = np.zeros((len(lines), len(EMOTIONS)), bool)
    for row, line in zip(right, lines, strict=True):
        features = model.encode(Speech(sound_of(line)))
        calm = model.decode(features, Controls()).values.mean(axis=0)
        for number, emotion in enumerate(EMOTIONS):
            shift = model.decode(features, Controls({emotion: 1})).values.mean(axis=0) - calm
            row[number] = np.argmin(np.linalg.norm(PROTOTYPES - shift, axis=1)) == number
    return right


def growth(model: EmoTalkCompact, line: SpokenLine, emotion: str) -> FloatArray:
    """How far the face has gone along an emotion's prototype at each of seven intensities from 0 to 1.5."""
    features = model.encode(Speech(sound_of(line)))
    along = PROTOTYPES[EMOTIONS.index(emotion)]
    faces = [
        model.decode(features, Controls({emotion: 1, "intensity": step})).values.mean(axis=0) @ along for step in _STEPS
    ]
    return np.array(faces)
