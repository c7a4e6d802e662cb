"""How far personal styles are apart."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from ...face.controls import Controls
from ...face.styles import STYLE_NAMES
from ...inference.contract import Speech
from ...inference.models.compact import EmoTalkCompact
from ..arrays import FloatArray
from ..phones import SpokenLine
from .head import distance
from .prediction import sound_of
from .report import Table

NEAREST_MM: Final = 1.5
"""No two styles may be closer on the sample head."""

_EVERY_FRAME: Final = 3


def style_tables(model: EmoTalkCompact, lines: Sequence[SpokenLine]) -> list[Table]:
    """Each style's distance from the first one and from its nearest."""
    apart = style_distances(model, lines)
    others = np.where(np.eye(len(apart), dtype=bool), np.inf, apart)
    rows = [
        (name, float(apart[number, 0]), float(others[number].min()), STYLE_NAMES[int(others[number].argmin())])
        for number, name in enumerate(STYLE_NAMES)
    ]
    first, second = np.unravel_index(int(others.argmin()), others.shape)
    nearest = (STYLE_NAMES[first], STYLE_NAMES[second], float(others.min()))
    return [
        Table(
            f"Nearest personal styles on the sample head (must be {NEAREST_MM} mm or more)",
            ("one", "other", "mm"),
            (nearest,),
        ),
        Table(
            "Personal styles, mm on the sample head",
            ("style", f"from {STYLE_NAMES[0]}", "from nearest", "which is"),
            tuple(rows),
        ),
    ]


def style_distances(model: EmoTalkCompact, lines: Sequence[SpokenLine]) -> FloatArray:
    """(24, 24) millimetres between the performances of every two styles, see ``head.distance``."""
    encoded = [model.encode(Speech(sound_of(line))) for line in lines]
    performed = [
        np.concatenate([model.decode(f, Controls({"personal_style": name})).values[::_EVERY_FRAME] for f in encoded])
        for name in STYLE_NAMES
    ]
    apart = np.zeros((len(performed), len(performed)))
    for i, first in enumerate(performed):
        for j, second in enumerate(performed[:i]):
            apart[i, j] = apart[j, i] = distance(first, second)
    return apart
