"""Lip sync of a model that is told the phones beside one that hears them, and the phones that it hears."""

from typing import Final

import numpy as np

from ...face import metrics
from ...face.alignment import Alignment
from ...face.intervals import intervals_of
from ...face.phones import BILABIALS, PHONE_INDEX
from ...inference.contract import PHONE_RATE, FaceModel, HearsPhones
from ..arrays import FloatArray
from ..compact.spoken_line import SpokenLine
from .lips import FIGURES, Sets, lip_figures
from .prediction import decode, encode, samples_of
from .report import Cell, Table

_BILABIAL: Final = np.array([PHONE_INDEX[name] for name in sorted(BILABIALS)])
_LIKELY: Final = 0.5
_NEAR: Final = 0.03
"""Seconds by which a posterior may miss a p, b or m."""


def told_tables(model: FaceModel, sets: Sets) -> list[Table]:
    """Lip sync of every set, heard and told its phones with their times; none if the model cannot be told."""
    if not isinstance(model, HearsPhones) or not model.hears_phones:
        return []
    rows: list[tuple[Cell, ...]] = []
    for name, lines in sets.items():
        heard, told = [], []
        for line in lines:
            features = encode(model, samples_of(line))
            phones = [(phone.start, phone.end, phone.name) for phone in line.phones]
            heard.append((decode(model, features), phones))
            told.append((decode(model, model.tell(features, Alignment(line.phones))), phones))
        for how, items in (("heard", heard), ("told", told)):
            rows.append((name, how, len(lines), *lip_figures(metrics.judge(items, model.spec.fps))))
    return [Table("Lip sync when the phones are told", ("set", "phones", "lines", *FIGURES), tuple(rows))]


def phone_tables(model: FaceModel, sets: Sets) -> list[Table]:
    """The phones that a model hears in every set; none if it does not tell."""
    if not isinstance(model, HearsPhones) or not model.hears_phones:
        return []
    rows: list[tuple[Cell, ...]] = []
    for name, lines in sets.items():
        counts = [_count(model.phone_posteriors(encode(model, samples_of(line))), line) for line in lines]
        right, frames, found, bilabials, rightly, claimed = np.sum(counts, axis=0)
        rows.append((name, len(lines), 100 * right / frames, found / bilabials, rightly / claimed))
    header = ("set", "lines", "frames right %", "p b m recall", "p b m precision")
    return [Table("Phones heard (frames of speech; p, b, m by posterior)", header, tuple(rows))]


def _count(scores: FloatArray, line: SpokenLine) -> FloatArray:
    """(6,) frames right and all; bilabials found and all; claimed bilabials that are one, and all."""
    posteriors = np.exp(scores)
    times = np.arange(len(posteriors)) / PHONE_RATE
    ends = np.array([phone.end for phone in line.phones])
    names = np.array([PHONE_INDEX[phone.name] for phone in line.phones] + [0])
    true = names[np.searchsorted(ends, times, side="right")]
    spoken = true != PHONE_INDEX["SIL"]
    likely = posteriors[:, _BILABIAL].sum(axis=1) > _LIKELY
    spans = [(p.start - _NEAR, p.end + _NEAR) for p in line.phones if p.name in BILABIALS]
    found = sum(bool(likely[(times >= a) & (times <= b)].any()) for a, b in spans)
    runs = intervals_of(likely)
    rightly = sum(any(start / PHONE_RATE <= b and (end - 1) / PHONE_RATE >= a for a, b in spans) for start, end in runs)
    right = (posteriors.argmax(axis=1) == true)[spoken].sum()
    return np.array([right, spoken.sum(), found, len(spans), rightly, len(runs)], np.float64)
