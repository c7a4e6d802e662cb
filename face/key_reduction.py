"""Key reduction: from dense samples to few keys, whose cubic segments stay within an error bound."""

from collections.abc import Mapping
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
_SAMPLES_AT_ONCE: Final = 500_000


def reduce_keys(values: np.ndarray, tolerance: float, kept: np.ndarray | None = None) -> SparseKeys:
    """Choose few keys so that the curve through them passes every sample within ``tolerance``.

    Args:
        values: (frames,) samples, at least one.
        tolerance: largest allowed error, in units of the values, 0 and up; 0 keeps every sample that matters.
        kept: samples that become keys in any case, unless the whole curve is one key.

    Returns:
        The keys, with the first and last samples among them; one key if the curve is constant within ``tolerance``.
    """
    return reduce_curves(np.asarray(values)[:, None], tolerance, {} if kept is None else {0: kept})[0]


def reduce_curves(
    values: np.ndarray, tolerance: float, kept: Mapping[int, np.ndarray] | None = None
) -> list[SparseKeys]:
    """``reduce_keys`` for every column at once, which is several times faster than one after the other.

    Args:
        values: (frames, curves) samples, at least one frame.
        tolerance: as in ``reduce_keys``.
        kept: of some columns, as in ``reduce_keys``.

    Returns:
        The keys of each column.
    """
    values = np.asarray(values, np.float64)
    lowest, highest = values.min(axis=0), values.max(axis=0)
    moving = np.flatnonzero(highest - lowest > tolerance)
    middle = (highest + lowest) / 2 if tolerance else values[0]
    keys = [SparseKeys(np.zeros(1, int), middle[column : column + 1], np.zeros(1)) for column in range(values.shape[1])]
    is_kept = np.zeros(values.T.shape, bool)
    for column, samples in (kept or {}).items():
        is_kept[column, samples] = True
    frames = np.arange(len(values))
    size = max(1, _SAMPLES_AT_ONCE // len(values))
    for start in range(0, len(moving), size):
        columns = moving[start : start + size]
        curves = np.ascontiguousarray(values[:, columns].T)
        parts = _reduce(frames, curves, _limited_slopes(frames, curves), tolerance, is_kept[columns])
        for column, reduced in zip(columns, parts, strict=True):
            keys[column] = reduced
    return keys


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
    return _reduce(frames, values[None], slopes[None], tolerance, kept[None])[0]


def _reduce(
    frames: np.ndarray, curves: np.ndarray, slopes: np.ndarray, tolerance: float, kept: np.ndarray
) -> list[SparseKeys]:
    """Reduce (curves, frames) laid end to end: no segment that has samples between its keys spans two curves."""
    count, length = curves.shape
    span = frames[-1] - frames[0] + 1
    places = (frames + span * np.arange(count)[:, None]).ravel()
    values, slopes = curves.ravel(), slopes.ravel()
    chosen = kept.copy()
    chosen[:, ::_STRETCH] = chosen[:, -1] = True
    chosen = chosen.ravel()
    pending = np.arange(len(values))
    while True:
        keyed = np.flatnonzero(chosen)
        keys = SparseKeys(places[keyed], values[keyed], slopes[keyed])
        error = np.abs(keys.at(places[pending]) - values[pending])
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
    parts = zip(np.split(keys.frames, ends), np.split(keys.values, ends), np.split(slopes[keyed], ends), strict=True)
    return [SparseKeys(own - number * span, *rest) for number, (own, *rest) in enumerate(parts)]


def _limited_slopes(frames: np.ndarray, curves: np.ndarray) -> np.ndarray:
    """Central differences along the last axis, flat at extrema: a segment never overshoots its two keys much."""
    steps = np.diff(curves)
    slopes = np.zeros_like(curves)
    slopes[..., 1:-1] = (steps[..., 1:] + steps[..., :-1]) / (frames[2:] - frames[:-2])
    slopes[..., 1:-1][steps[..., 1:] * steps[..., :-1] <= 0] = 0
    return slopes
