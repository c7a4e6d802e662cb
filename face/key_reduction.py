"""Key reduction: from dense samples to few keys, whose cubic segments stay within an error bound."""

from dataclasses import dataclass
from typing import Final

import numpy as np


@dataclass(frozen=True)
class SparseKeys:
    """Keys of one curve; two neighbours define a cubic Hermite segment by their values and slopes.

    A Bezier curve draws exactly that segment when each handle lies a third of the way to the neighbouring key:
    at ``frame ± span / 3``, ``value ± slope * span / 3``.

    Attributes:
        frames: (keys,) sample numbers, rising.
        values: (keys,) float64.
        slopes: (keys,) change per frame.
    """

    frames: np.ndarray
    values: np.ndarray
    slopes: np.ndarray

    def sampled(self, frames: int) -> np.ndarray:
        """(frames,) the curve at every sample; held before the first key and after the last."""
        return self.at(np.arange(frames))

    def at(self, frames: np.ndarray) -> np.ndarray:
        """The curve at these samples, rising; held before the first key and after the last."""
        if len(self.frames) == 1:
            return np.full(len(frames), self.values[0])
        frames = np.clip(frames, self.frames[0], self.frames[-1])
        left = np.clip(np.searchsorted(self.frames, frames, side="right") - 1, 0, len(self.frames) - 2)
        span = np.diff(self.frames)[left]
        s = (frames - self.frames[left]) / span
        rise = self.values[left + 1] - self.values[left]
        start = self.slopes[left] * span - rise
        end = rise - self.slopes[left + 1] * span
        return self.values[left] + s * rise + s * (1 - s) * (start * (1 - s) + end * s)


_STRETCH: Final = 256
"""Largest distance of two keys (samples): reducing an hour as many short curves is much faster."""
_SAMPLES_AT_ONCE: Final = 500_000


def reduce_keys(values: np.ndarray, tolerance: float) -> SparseKeys:
    """Choose few keys so that the curve through them passes every sample within ``tolerance``.

    Args:
        values: (frames,) samples, at least one.
        tolerance: largest allowed error, in units of the values, 0 and up; 0 keeps every sample that matters.

    Returns:
        The keys, with the first and last samples among them; one key if the curve is constant within ``tolerance``.
    """
    return reduce_curves(np.asarray(values)[:, None], tolerance)[0]


def reduce_curves(values: np.ndarray, tolerance: float) -> list[SparseKeys]:
    """``reduce_keys`` for every column at once, which is several times faster than one after the other.

    Args:
        values: (frames, curves) samples, at least one frame.
        tolerance: as in ``reduce_keys``.

    Returns:
        The keys of each column.
    """
    values = np.asarray(values, np.float64)
    lowest, highest = values.min(axis=0), values.max(axis=0)
    moving = np.flatnonzero(highest - lowest > tolerance)
    middle = (highest + lowest) / 2 if tolerance else values[0]
    keys = [SparseKeys(np.zeros(1, int), middle[column : column + 1], np.zeros(1)) for column in range(values.shape[1])]
    size = max(1, _SAMPLES_AT_ONCE // len(values))
    for start in range(0, len(moving), size):
        columns = moving[start : start + size]
        for column, reduced in zip(columns, _reduce(values[:, columns].T, tolerance), strict=True):
            keys[column] = reduced
    return keys


def _reduce(curves: np.ndarray, tolerance: float) -> list[SparseKeys]:
    """Reduce (curves, frames) laid end to end: no segment that has samples between its keys spans two curves."""
    count, length = curves.shape
    slopes = _limited_slopes(curves).ravel()
    values = np.ascontiguousarray(curves).ravel()
    chosen = np.zeros((count, length), bool)
    chosen[:, ::_STRETCH] = chosen[:, -1] = True
    chosen = chosen.ravel()
    pending = np.arange(len(values))
    while True:
        frames = np.flatnonzero(chosen)
        keys = SparseKeys(frames, values[frames], slopes[frames])
        error = np.abs(keys.at(pending) - values[pending])
        # At its own sample a key is exact up to rounding, which more keys would not improve.
        error[chosen[pending]] = 0
        segment = np.cumsum(chosen)[pending]
        starts = np.flatnonzero(np.diff(segment, prepend=-1))
        # Segments that pass close enough are done; the others get a key at their worst sample.
        largest = np.maximum.reduceat(error, starts)
        if largest.max() <= tolerance:
            break
        sizes = np.diff(starts, append=len(pending))
        missed = np.repeat(largest > tolerance, sizes)
        worst = missed & (error == np.repeat(largest, sizes))
        chosen[pending[np.flatnonzero(worst)[np.unique(segment[worst], return_index=True)[1]]]] = True
        pending = pending[missed]
    ends = np.cumsum(np.count_nonzero(chosen.reshape(count, length), axis=1))[:-1]
    parts = zip(np.split(frames, ends), np.split(keys.values, ends), np.split(keys.slopes, ends), strict=True)
    return [SparseKeys(own - number * length, *rest) for number, (own, *rest) in enumerate(parts)]


def _limited_slopes(curves: np.ndarray) -> np.ndarray:
    """Central differences along the rows, flat at extrema, so that a segment never overshoots its two keys much."""
    steps = np.diff(curves)
    slopes = np.zeros_like(curves)
    slopes[:, 1:-1] = (steps[:, 1:] + steps[:, :-1]) / 2
    slopes[:, 1:-1][steps[:, 1:] * steps[:, :-1] <= 0] = 0
    return slopes
