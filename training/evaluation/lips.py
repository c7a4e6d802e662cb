"""Lip sync: on held-out voices, under other acoustic conditions, and with changes of the voice."""

from collections.abc import Mapping, Sequence

import numpy as np

from ...face import metrics
from ...face.controls import Controls
from ...inference.contract import FaceModel
from ..compact.spoken_line import SpokenLine
from .conditions import CHANNEL_CONDITIONS, CLEAN, VOICE_CONDITIONS, Condition
from .prediction import DEFAULTS, predict, samples_of
from .report import Cell, Table

FIGURES = ("composite", "p b m F1", "f v AUC", "vowel rho", "round AUC", "r0", "lag ms", "rest open", "rest motion")

Sets = Mapping[str, Sequence[SpokenLine]]
"""Lines by the name of their set."""


def judge_lines(
    model: FaceModel, lines: Sequence[SpokenLine], condition: Condition = CLEAN, controls: Controls = DEFAULTS
) -> metrics.LipSync:
    """Lip sync of lines under a condition, with these controls."""
    rng = np.random.default_rng(0)
    items = []
    for line in lines:
        sound = condition.apply(samples_of(line), rng)
        phones = [(phone.start, phone.end, phone.name) for phone in condition.scale_times(line.phones)]
        items.append((predict(model, sound, controls), phones))
    return metrics.judge(items, model.spec.fps)


def lip_tables(model: FaceModel, sets: Sets) -> list[Table]:
    """Lip sync of every set as recorded."""
    rows: list[tuple[Cell, ...]] = [
        (name, len(lines), *lip_figures(judge_lines(model, lines))) for name, lines in sets.items()
    ]
    return [Table("Lip sync on held-out voices (composite of 100)", ("set", "lines", *FIGURES), tuple(rows))]


def hard_tables(model: FaceModel, sets: Sets, lines: int) -> list[Table]:
    """Lip sync of every set under each condition, and the composite lost against the clean recordings.

    Args:
        model: to evaluate.
        sets: lines by name.
        lines: at most so many of each set, evenly spaced.
    """
    tables = []
    for title, conditions in (
        ("Lip sync under acoustic conditions", CHANNEL_CONDITIONS),
        ("Lip sync with changes of the voice (must lose 5 points or less)", VOICE_CONDITIONS),
    ):
        rows: list[tuple[Cell, ...]] = []
        for name, every in sets.items():
            some = sample_evenly(every, lines)
            clean = judge_lines(model, some).composite
            for condition in conditions:
                judged = judge_lines(model, some, condition)
                rows.append((name, condition.name, clean - judged.composite, *lip_figures(judged)))
        tables.append(Table(title, ("set", "condition", "lost", *FIGURES), tuple(rows)))
    return tables


def sample_evenly(lines: Sequence[SpokenLine], count: int) -> list[SpokenLine]:
    """At most so many lines, evenly spaced over the sequence."""
    places = np.linspace(0, len(lines) - 1, min(count, len(lines))).round().astype(int)
    return [lines[place] for place in places]


def lip_figures(judged: metrics.LipSync) -> tuple[float, ...]:
    """The figures of a row, in the order of ``FIGURES``."""
    return (
        judged.composite,
        judged.closure_f1,
        judged.labiodental_auc,
        judged.openness_rho,
        judged.rounding_auc,
        judged.opening_r,
        judged.lag_ms,
        judged.rest_open,
        judged.rest_motion,
    )
