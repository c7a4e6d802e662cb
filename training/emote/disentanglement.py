"""Whether the emotion can be exchanged without touching what is said: the figures of EMOTE's second stage."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ...face.intervals import intervals_of
from ..arrays import BoolArray, FloatArray

_CLOSED: Final = 0.2
"""Share of the range from closed to wide open lips below which they count as closed."""
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
        shift: mean absolute difference of the gap in the first one's closures, as a share of its range.
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


def compare_closures(gaps: FloatArray, others: FloatArray) -> Closures:
    """The closures of two performances of the same sound; closed means the same gap for both.

    Args:
        gaps: (T,) between the lips, in any unit.
        others: (T,) of the other performance.
    """
    closed, wide = np.percentile(gaps, _RANGE)
    threshold = closed + _CLOSED * (wide - closed)
    first, second = gaps <= threshold, others <= threshold
    closures = intervals_of(first)
    apart = [np.abs(gaps - others)[start:end].mean() / max(wide - closed, 1e-9) for start, end in closures]
    return Closures(
        len(closures),
        sum(not _near(second, each) for each in closures),
        sum(not _near(first, each) for each in intervals_of(second)),
        float(np.mean(apart)) if apart else 0.0,
    )


def _near(mask: BoolArray, interval: tuple[int, int]) -> bool:
    return bool(mask[max(interval[0] - _TOLERANCE, 0) : interval[1] + _TOLERANCE].any())
