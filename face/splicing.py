"""New keys between two moments of a curve, whose other keys stay as they are."""

from typing import Final

import numpy as np

from .key_reduction import SparseKeys, reduce_between

_EDGE: Final = 1e-6
"""Frames; keys that are nearer to an edge lie on it."""


def crossfade(frames: np.ndarray, first: float, last: float, fade: float) -> np.ndarray:
    """How much of the new curve there is at each frame: 1 between two moments, 0 from ``fade`` frames away on."""
    outside = np.maximum(first - frames, frames - last)
    return np.asarray(0.5 + 0.5 * np.cos(np.pi * np.clip(outside / fade, 0, 1)))


def splice(
    keys: SparseKeys,
    change: SparseKeys,
    tolerance: float,
    origin: float,
    step: float,
    kept: np.ndarray,
    limits: tuple[float, float] = (-np.inf, np.inf),
) -> tuple[SparseKeys, float, float]:
    """Add a change to a stretch of a curve.

    Args:
        keys: of the curve, in frames of the scene.
        change: polyline of differences, 0 at its first and its last frame.
        tolerance: largest error within the stretch, at the frames at which keys may stand.
        origin: one of these frames.
        step: their distance.
        kept: rising frames that become keys in any case, if they lie in the stretch.
        limits: smallest and largest value within the stretch.

    Returns:
        The curve with the change, and the first and last frame between which keys may have changed: at the keys that
        lie around the stretch. These keys and those beyond are the old ones.
    """
    start, end = float(change.frames[0]), float(change.frames[-1])
    before, after = keys.frames[keys.frames <= start + _EDGE], keys.frames[keys.frames >= end - _EDGE]
    first = float(before[-1]) if len(before) else start
    last = float(after[0]) if len(after) else end
    grid = origin + step * np.arange(np.ceil((first - origin) / step), np.floor((last - origin) / step + _EDGE) + 1)
    inside = kept[(kept > first + _EDGE) & (kept < last - _EDGE)]
    frames = np.unique(np.concatenate([grid[(grid > first + _EDGE) & (grid < last - _EDGE)], inside, [first, last]]))
    values = np.clip(keys.at(frames) + np.interp(frames, change.frames, change.values), *limits)
    values[[0, -1]] = keys.at(frames[[0, -1]])
    if keys.slopes is None:
        new = SparseKeys(frames, values)
    else:
        slopes = keys.slopes_at(frames[[0, -1]])
        new = reduce_between(frames, values, tolerance, slopes[0], slopes[1], np.isin(frames, inside))
    left, right = keys.frames < first - _EDGE, keys.frames > last + _EDGE
    spliced = SparseKeys(
        np.concatenate([keys.frames[left], new.frames, keys.frames[right]]),
        np.concatenate([keys.values[left], new.values, keys.values[right]]),
        None
        if keys.slopes is None or new.slopes is None
        else np.concatenate([keys.slopes[left], new.slopes, keys.slopes[right]]),
    )
    return spliced, first, last
