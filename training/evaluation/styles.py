"""How different the personal styles are."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from ...face.controls import Controls
from ...inference.contract import FaceModel
from ..arrays import FloatArray
from ..compact.spoken_line import SpokenLine
from .head import distance
from .prediction import decode, encode, samples_of
from .report import Table, left_out

NEAREST_MM: Final = 1.5
"""Least distance between two styles on the sample head."""

_FRAME_STEP: Final = 3


def style_tables(model: FaceModel, lines: Sequence[SpokenLine]) -> list[Table]:
    """Each style's distance from the first style and from its nearest one."""
    names = model.spec.styles
    if len(names) < 2:
        return [left_out("Personal styles", "This model has fewer than two personal styles.")]
    distances = style_distances(model, lines)
    others = np.where(np.eye(len(distances), dtype=bool), np.inf, distances)
    rows = [
        (name, float(distances[number, 0]), float(others[number].min()), names[int(others[number].argmin())])
        for number, name in enumerate(names)
    ]
    first, second = np.unravel_index(int(others.argmin()), others.shape)
    nearest = (names[first], names[second], float(others.min()))
    return [
        Table(
            f"Nearest personal styles on the sample head (must be {NEAREST_MM} mm or more)",
            ("one", "other", "mm"),
            (nearest,),
        ),
        Table(
            "Personal styles, mm on the sample head",
            ("style", f"from {names[0]}", "from nearest", "which is"),
            tuple(rows),
        ),
    ]


def style_distances(model: FaceModel, lines: Sequence[SpokenLine]) -> FloatArray:
    """(styles, styles) millimetres between the curves of every two styles, see ``head.distance``."""
    encoded = [encode(model, samples_of(line)) for line in lines]
    predicted = [
        np.concatenate([decode(model, f, Controls({"personal_style": name}))[::_FRAME_STEP] for f in encoded])
        for name in model.spec.styles
    ]
    distances = np.zeros((len(predicted), len(predicted)))
    for i, first in enumerate(predicted):
        for j, second in enumerate(predicted[:i]):
            distances[i, j] = distances[j, i] = distance(first, second)
    return distances
