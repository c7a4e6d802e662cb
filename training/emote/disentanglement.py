"""Whether the emotion can be exchanged without touching what is said: the figures of EMOTE's second stage."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ...face.capture_metrics import LONGEST_CLOSURE
from ...face.intervals import intervals_of
from ..arrays import BoolArray, FloatArray

_CLOSED: Final = 0.2
_OPEN: Final = 0.3
"""Shares of the range from closed to wide open lips: closed below the first, clearly open above the second."""
_RANGE: Final = (2, 95)
"""Percentiles of the gap that stand for closed and wide open."""
_TOLERANCE: Final = 1
"""Frames."""


@dataclass(frozen=True)
class Closures:
    """The lip closures of two performances of the same sound.

    Attributes:
        count: of the first one.
        lost: those at which the second one's lips stay open.
        added: the second one's at which the first one's lips are open.
        shift: mean absolute difference of the openings in the first one's closures, as a share of their range.
    """

    count: int
    lost: int
    added: int
    shift: float

    def __add__(self, other: "Closures") -> "Closures":
        count = self.count + other.count
        shift = (self.shift * self.count + other.shift * other.count) / max(count, 1)
        return Closures(count, self.lost + other.lost, self.added + other.added, shift)

    @property
    def moved(self) -> float:
        """Closures that were lost or added, as a share of the first one's; 0 where there are none."""
        return (self.lost + self.added) / self.count if self.count else 0.0


NONE: Final = Closures(0, 0, 0, 0.0)


def compare_closures(gaps: FloatArray, others: FloatArray, fps: float) -> Closures:
    """The closures of two performances of the same sound.

    How far lips are open counts as a share of the range of their own performance: on a face that smiles or is surprised
    they rest elsewhere. A closure lies between lips that are clearly open and is no longer than lips are closed in
    speech; a mouth at rest is none, even if it wavers. It is lost only where the other lips are clearly open.

    Args:
        gaps: (T,) between the lips, in any unit.
        others: (T,) of the other performance.
        fps: of both.
    """
    first, second = _openness(gaps), _openness(others)
    closures = _closures(first, fps)
    apart = [np.abs(first - second)[start:end].mean() for start, end in closures]
    return Closures(
        len(closures),
        sum(not _near(second <= _OPEN, each) for each in closures),
        sum(not _near(first <= _OPEN, each) for each in _closures(second, fps)),
        float(np.mean(apart)) if apart else 0.0,
    )


def _openness(gaps: FloatArray) -> FloatArray:
    closed, wide = np.percentile(gaps, _RANGE)
    return (gaps - closed) / max(float(wide - closed), 1e-9)


def _closures(openness: FloatArray, fps: float) -> list[tuple[int, int]]:
    closures = []
    for start, end in intervals_of(openness <= _OPEN):
        closed = np.flatnonzero(openness[start:end] <= _CLOSED)
        is_between = start > 0 and end < len(openness) and end - start <= LONGEST_CLOSURE * fps
        if is_between and len(closed):
            closures.append((start + int(closed[0]), start + int(closed[-1]) + 1))
    return closures


def _near(mask: BoolArray, interval: tuple[int, int]) -> bool:
    return bool(mask[max(interval[0] - _TOLERANCE, 0) : interval[1] + _TOLERANCE].any())
