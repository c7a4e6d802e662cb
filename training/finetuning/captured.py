"""Which channels of a capture can be learned from its sound."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from ...face import arkit
from ..arrays import BoolArray
from ..captures.take import Take

_MOVES: Final = 0.03
"""A channel moves if it spreads by this share of what the most moving one does."""
_EYES: Final = arkit.indices([name for name in arkit.CHANNELS if name.startswith(("eyeBlink", "eyeLook"))])
"""Blinks and looks do not follow the sound."""


def moving_channels(takes: Sequence[Take]) -> BoolArray:
    """(52,) the channels that move in the takes, without blinks and looks; one that a capture lacks never moves."""
    spread = np.concatenate([take.curves.values for take in takes]).std(axis=0)
    moving = np.asarray(spread >= _MOVES * max(float(spread.max()), 1e-9))
    moving[_EYES] = False
    return moving
