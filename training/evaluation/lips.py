"""How well lips follow speech: voices never heard, under other circumstances, and acted otherwise."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple

import numpy as np

from ...face import metrics
from ...inference.models.compact import EmoTalkCompact
from ..phones import SpokenLine
from .conditions import CHANNEL_CONDITIONS, CLEAN, VOICE_CONDITIONS, Condition
from .prediction import predict, sound_of
from .report import Table

FIGURES = ("composite", "p b m F1", "f v AUC", "vowel rho", "round AUC", "r0", "lag ms", "rest open", "rest motion")

Sets = Mapping[str, Sequence[SpokenLine]]


def judge_lines(
    model: EmoTalkCompact, lines: Sequence[SpokenLine], condition: Condition = CLEAN, **controls: float | str
) -> metrics.LipSync:
    """Lip sync of lines under a circumstance, with some controls set."""
    rng = np.random.default_rng(0)
    items = []
    for line in lines:
        sound = condition.apply(sound_of(line), rng)
        phones = [(phone.start, phone.end, phone.name) for phone in condition.scale_times(line.phones)]
        items.append((predict(model, sound, **controls), phones))
    return metrics.judge(items, model.spec.fps)


def lip_tables(model: EmoTalkCompact, sets: Sets) -> list[Table]:
    """Every set as it was recorded."""
    rows = [(name, len(lines), *_figures(judge_lines(model, lines))) for name, lines in sets.items()]
    return [Table("Lip sync of voices never heard (composite of 100)", ("set", "lines", *FIGURES), tuple(rows))]


def hard_tables(model: EmoTalkCompact, sets: Sets, lines: int) -> list[Table]:
    """Every set under other circumstances and acted otherwise, with what each costs.

    Args:
        model: that performs.
        sets: lines by name.
        lines: so many of each set, evenly drawn.
    """
    tables = []
    for title, conditions in (
        ("Lip sync in other rooms, over other microphones", CHANNEL_CONDITIONS),
        ("Lip sync of lines acted otherwise (must lose 5 points or less)", VOICE_CONDITIONS),
    ):
        rows = []
        for name, every in sets.items():
            some = sample_evenly(every, lines)
            clean = judge_lines(model, some).composite
            for condition in conditions:
                judged = judge_lines(model, some, condition)
                rows.append((name, condition.name, clean - judged.composite, *_figures(judged)))
        tables.append(Table(title, ("set", "sound", "lost", *FIGURES), tuple(rows)))
    return tables


def sample_evenly(lines: Sequence[SpokenLine], count: int) -> list[SpokenLine]:
    """So many lines from all over a list, or all of them."""
    places = np.linspace(0, len(lines) - 1, min(count, len(lines))).round().astype(int)
    return [lines[place] for place in places]


def _figures(judged: metrics.LipSync) -> tuple[float, ...]:
    return astuple(judged)[: len(FIGURES)]
