"""Dense samples to few keys: cubic segments that stay within an error bound."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class SparseKeys:
    """Keys of one curve; between two of them runs the cubic Hermite segment of their values and slopes.

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
        at = np.clip(np.arange(frames), self.frames[0], self.frames[-1])
        if len(self.frames) == 1:
            return np.full(frames, self.values[0])
        left = np.clip(np.searchsorted(self.frames, at, side="right") - 1, 0, len(self.frames) - 2)
        span = np.diff(self.frames)[left]
        s = (at - self.frames[left]) / span
        rise = self.values[left + 1] - self.values[left]
        start = self.slopes[left] * span - rise
        end = rise - self.slopes[left + 1] * span
        return self.values[left] + s * rise + s * (1 - s) * (start * (1 - s) + end * s)


def thin(values: np.ndarray, tolerance: float) -> SparseKeys:
    """Choose few keys so that the curve through them passes every sample within ``tolerance``.

    Args:
        values: (frames,) samples, at least one.
        tolerance: largest allowed error, in units of the values, 0 and up; 0 keeps every sample that matters.

    Returns:
        The keys; the first and last samples are always among them unless one key says it all.
    """
    values = np.asarray(values, np.float64)
    if np.ptp(values) <= tolerance:
        middle = (values.max() + values.min()) / 2 if tolerance else values[0]
        return SparseKeys(np.zeros(1, int), np.array([middle]), np.zeros(1))
    slopes = _limited_slopes(values)
    chosen = np.zeros(len(values), bool)
    chosen[[0, -1]] = True
    while True:
        frames = np.flatnonzero(chosen)
        keys = SparseKeys(frames, values[frames], slopes[frames])
        error = np.abs(keys.sampled(len(values)) - values)
        worst = _worst_of_each_segment(error, frames)
        worst = worst[error[worst] > tolerance]
        if not len(worst):
            return keys
        chosen[worst] = True


def _limited_slopes(values: np.ndarray) -> np.ndarray:
    """Central differences, flat at extrema, so that a segment between two keys never overshoots them much."""
    steps = np.diff(values)
    slopes = np.zeros_like(values)
    slopes[1:-1] = (steps[1:] + steps[:-1]) / 2
    slopes[1:-1][steps[1:] * steps[:-1] <= 0] = 0
    return slopes


def _worst_of_each_segment(error: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """The sample of largest error from each key to the next; keys themselves have error 0."""
    largest = np.maximum.reduceat(error, frames[:-1])
    at_largest = np.flatnonzero(error[:-1] == np.repeat(largest, np.diff(frames)))
    segment = np.searchsorted(frames, at_largest, side="right") - 1
    return at_largest[np.unique(segment, return_index=True)[1]]
