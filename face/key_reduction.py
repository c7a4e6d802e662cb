"""Key reduction: from dense samples to few keys, whose cubic segments stay within an error bound."""

from dataclasses import dataclass
from typing import Final

import numpy as np


@dataclass(frozen=True)
class SparseKeys:
    """Keys of one curve; two neighbours define a cubic Hermite segment by their values and slopes, or a straight line.

    A Bezier curve draws exactly that segment when each handle lies a third of the way to the neighbouring key:
    at ``frame ± span / 3``, ``value ± slope * span / 3``.

    Attributes:
        frames: (keys,) sample numbers or frames of a scene, rising.
        values: (keys,) float64.
        slopes: (keys,) change per frame; None for straight lines between the keys.
    """

    frames: np.ndarray
    values: np.ndarray
    slopes: np.ndarray | None = None

    def sampled(self, frames: int) -> np.ndarray:
        """(frames,) the curve at every sample; held before the first key and after the last."""
        return self.at(np.arange(frames))

    def at(self, frames: np.ndarray) -> np.ndarray:
        """The curve at these samples, rising; held before the first key and after the last."""
        if len(self.frames) == 1:
            return np.full(len(frames), self.values[0])
        if self.slopes is None:
            return np.interp(frames, self.frames, self.values)
        frames = np.clip(frames, self.frames[0], self.frames[-1])
        left = np.clip(np.searchsorted(self.frames, frames, side="right") - 1, 0, len(self.frames) - 2)
        span = np.diff(self.frames)[left]
        s = (frames - self.frames[left]) / span
        rise = self.values[left + 1] - self.values[left]
        start = self.slopes[left] * span - rise
        end = rise - self.slopes[left + 1] * span
        return self.values[left] + s * rise + s * (1 - s) * (start * (1 - s) + end * s)

    def slopes_at(self, frames: np.ndarray) -> np.ndarray:
        """The change per frame at these samples of a curve that is no polyline; 0 where it is held."""
        slopes = np.zeros(len(frames))
        if len(self.frames) == 1 or self.slopes is None:
            return slopes
        inside = (frames >= self.frames[0]) & (frames <= self.frames[-1])
        left = np.clip(np.searchsorted(self.frames, frames[inside], side="right") - 1, 0, len(self.frames) - 2)
        span = np.diff(self.frames)[left]
        s = (frames[inside] - self.frames[left]) / span
        secant = (self.values[left + 1] - self.values[left]) / span
        start, end = self.slopes[left], self.slopes[left + 1]
        slopes[inside] = 6 * s * (1 - s) * secant + (1 - s) * (1 - 3 * s) * start + s * (3 * s - 2) * end
        return slopes

    def moved(self, scale: float, shift: float) -> "SparseKeys":
        """The same curve with frame f at ``f * scale + shift``."""
        slopes = None if self.slopes is None else self.slopes / scale
        return SparseKeys(self.frames * scale + shift, self.values, slopes)


_STRETCH: Final = 256
"""Largest distance of two keys (samples): reducing an hour as many short curves is much faster."""


def reduce_keys(values: np.ndarray, tolerance: float, kept: np.ndarray | None = None) -> SparseKeys:
    """Choose few keys so that the curve through them passes every sample within ``tolerance``.

    Args:
        values: (frames,) samples, at least one.
        tolerance: largest allowed error, in units of the values, 0 and up; 0 keeps every sample that matters.
        kept: samples that become keys in any case, unless the whole curve is one key.

    Returns:
        The keys, with the first and last samples among them; one key if the curve is constant within ``tolerance``.
    """
    values = np.asarray(values, np.float64)
    if np.ptp(values) <= tolerance:
        middle = (values.max() + values.min()) / 2 if tolerance else values[0]
        return SparseKeys(np.zeros(1, int), np.array([middle]), np.zeros(1))
    frames = np.arange(len(values))
    return _reduced(frames, values, _limited_slopes(frames, values), tolerance, kept)


def reduce_between(
    frames: np.ndarray, values: np.ndarray, tolerance: float, start: float | None, end: float | None, kept: np.ndarray
) -> SparseKeys:
    """The same for a stretch of a longer curve, which goes on with a slope of its own.

    Args:
        frames: (frames,) of the samples, at least one, rising; the first and the last one become keys.
        values: (frames,) samples.
        tolerance: see ``reduce_keys``.
        start: the slope of the first key; None if the curve begins there.
        end: the slope of the last key; None if it ends there.
        kept: (frames,) bool: samples that become keys in any case.
    """
    slopes = _limited_slopes(frames, values)
    slopes[0] = slopes[0] if start is None else start
    slopes[-1] = slopes[-1] if end is None else end
    return _reduced(frames, values, slopes, tolerance, kept)


def _reduced(
    frames: np.ndarray, values: np.ndarray, slopes: np.ndarray, tolerance: float, kept: np.ndarray | None
) -> SparseKeys:
    chosen = np.zeros(len(values), bool)
    chosen[::_STRETCH] = chosen[-1] = True
    if kept is not None:
        chosen[kept] = True
    pending = np.arange(len(values))
    while True:
        keyed = np.flatnonzero(chosen)
        keys = SparseKeys(frames[keyed], values[keyed], slopes[keyed])
        error = np.abs(keys.at(frames[pending]) - values[pending])
        # At its own sample a key is exact up to rounding, which more keys would not improve.
        error[chosen[pending]] = 0
        segment = np.searchsorted(keyed, pending, side="right")
        starts = np.flatnonzero(np.diff(segment, prepend=-1))
        # Segments that pass close enough are done; the others get a key at their worst sample.
        largest = np.maximum.reduceat(error, starts)
        if largest.max() <= tolerance:
            return keys
        sizes = np.diff(starts, append=len(pending))
        missed = np.repeat(largest > tolerance, sizes)
        worst = missed & (error == np.repeat(largest, sizes))
        chosen[pending[np.flatnonzero(worst)[np.unique(segment[worst], return_index=True)[1]]]] = True
        pending = pending[missed]


def _limited_slopes(frames: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Central differences, flat at extrema, so that a segment between two keys never overshoots them much."""
    steps = np.diff(values)
    slopes = np.zeros_like(values)
    slopes[1:-1] = (steps[1:] + steps[:-1]) / (frames[2:] - frames[:-2])
    slopes[1:-1][steps[1:] * steps[:-1] <= 0] = 0
    return slopes
