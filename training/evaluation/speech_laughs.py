"""Speech-laughs: lip closures and the whole mouth in lines with a laugh spliced in or over them, with known truth.

The truth is the laughing teacher's (``training/laughter/teacher.py``), not a person's: rules say what a face should do.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Final

import numpy as np

from ...face import arkit, landmarks, metrics
from ...face.capture_metrics import vertex_error
from ...face.sample_head import build_sample_head
from ...face.sample_head.landmarks import sample_landmarks
from ...inference.contract import Speech
from ..arrays import FloatArray
from ..compact.spoken_line import SpokenLine
from ..laughter.laughing_lines import LaughingLine, lasting, overlap, plain, splice
from ..laughter.laughs import Laugh
from ..laughter.teacher import FPS, perform
from .acting import Studio
from .prediction import arkit_values
from .report import Cell, Table

LEVELS: Final = (-12, -6, 0)
"""dB of a laugh over the speech that it overlaps."""

_MM: Final = 1000

Laughing = Callable[[LaughingLine, Laugh], LaughingLine]


def speech_laugh_tables(
    studio: Studio, spoken: Sequence[SpokenLine], laughs: Sequence[tuple[bool, Laugh]]
) -> list[Table]:
    """Closures and vertex errors of the same lines without a laugh, with one in their middle, and with one over them.

    Args:
        studio: of the model.
        spoken: lines with exact phone times.
        laughs: whether each is held out, and the laugh; the held-out ones are used if there are any.
    """
    some = [laugh for held_out, laugh in laughs if held_out] or [laugh for _, laugh in laughs]
    lines = [plain(line) for line in spoken]
    kinds: dict[str, list[LaughingLine]] = {"no laugh": lines}
    kinds["in the middle, 0 dB"] = [splice(x, laugh, x.seconds / 2, 0) for x, laugh in _pairs(lines, some)]
    for level in LEVELS:
        kinds[f"all over it, {level:+d} dB"] = [
            overlap(line, lasting(laugh, line.seconds), 0.0, level) for line, laugh in _pairs(lines, some)
        ]
    closures: list[tuple[Cell, ...]] = []
    errors: list[tuple[Cell, ...]] = []
    for kind, mixed in kinds.items():
        talk, laughing = ([_values(studio, line, gain) for line in mixed] for gain in (0, 1))
        closures.append((kind, len(mixed), *(_closure_f1(mixed, each, studio.fps) for each in (talk, laughing))))
        errors.append((kind, *(_lip_error(mixed, each, studio.fps) for each in (talk, laughing))))
    whole = closures[0][3]
    rows = tuple((*row, float(row[3]) - float(row[2]), float(row[3]) - float(whole)) for row in closures)
    return [
        Table(
            "Lip closures in speech-laughs, F1 (aim within .03 of no laugh)",
            ("laugh", "lines", "laughter 0", "laughter 1", "by the residual", "against no laugh"),
            rows,
        ),
        Table(
            "Lip vertex error against the laughing teacher on the built-in head, mm",
            ("laugh", "laughter 0", "laughter 1"),
            tuple(errors),
        ),
    ]


def _pairs(lines: Sequence[LaughingLine], laughs: Sequence[Laugh]) -> list[tuple[LaughingLine, Laugh]]:
    return [(line, laughs[number % len(laughs)]) for number, line in enumerate(lines)]


def _values(studio: Studio, line: LaughingLine, gain: float) -> FloatArray:
    return arkit_values(studio.perform(Speech(line.samples), {"laughter": gain}).face)


def _closure_f1(lines: Sequence[LaughingLine], values: Sequence[FloatArray], fps: float) -> float:
    items = []
    for line, curves in zip(lines, values, strict=True):
        items.append((curves, [(phone.start, phone.end, phone.name) for phone in line.phones]))
    return metrics.judge(items, fps).closure_f1


def _lip_error(lines: Sequence[LaughingLine], values: Sequence[FloatArray], fps: float) -> float:
    """Mean over all frames of the largest distance of a vertex of the lips."""
    rest, shapes = _lips()
    total, count = 0.0, 0
    for line, curves in zip(lines, values, strict=True):
        truth = perform(line.phones, line.laughs, int(line.seconds * FPS)).values
        places = np.arange(len(truth)) / FPS * fps
        guess = np.stack([np.interp(places, np.arange(len(curves)), track) for track in curves.T], axis=1)
        error, _ = vertex_error(*(rest + np.tensordot(each, shapes, 1) for each in (truth, guess)))
        total += error * len(truth)
        count += len(truth)
    return _MM * total / max(count, 1)


@cache
def _lips() -> tuple[FloatArray, FloatArray]:
    """(20, 3) the lips of the built-in head in metres, and (52, 20, 3) their moves by coefficient."""
    skin = build_sample_head().parts["skin"]
    places = sample_landmarks()[list(landmarks.LIPS)]
    still = np.zeros((len(places), 3))
    moves = [skin.shapes[name][places] if name in skin.shapes else still for name in arkit.CHANNELS]
    return skin.vertices[places], np.stack(moves)
