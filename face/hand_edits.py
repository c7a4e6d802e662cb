"""What somebody has changed on a generated curve, and how it is put on top of a new one.

An edit is a polyline of differences: 0 where nothing was changed, and held before its first and after its last frame,
so that an edit at the end of a line may last.
"""

from typing import Final

import numpy as np

from .key_reduction import SparseKeys, reduce_between

EDIT: Final = 1e-3
"""A curve that differs by less was not edited: Blender itself moves handles slightly when it evaluates a curve."""
_ZERO: Final = 1e-4
"""Of an edited curve, differences below this are rounding."""
_NEAR: Final = 0.01
"""Two keys are at least this far apart, in frames."""


def difference(frames: np.ndarray, edited: np.ndarray, generated: np.ndarray) -> SparseKeys | None:
    """The edit of a curve; None if there is none.

    Args:
        frames: (n,) rising frames that include the keys of both curves.
        edited: (n,) the curve at these frames.
        generated: (n,) the curve as it was generated.
    """
    values = np.asarray(edited, np.float64) - generated
    if np.abs(values).max() < EDIT:
        return None
    return _without_gaps(frames, np.where(np.abs(values) < _ZERO, 0, values))


def total(first: SparseKeys | None, second: SparseKeys | None) -> SparseKeys | None:
    """Both edits together; None if nothing remains of them."""
    if first is None or second is None:
        return second if first is None else first
    frames = np.union1d(first.frames, second.frames)
    return difference(frames, first.at(frames) + second.at(frames), np.zeros(len(frames)))


def edited_stretches(edit: SparseKeys) -> list[tuple[float, float]]:
    """(first frame, last frame) of each stretch in which an edit differs from 0; infinite where the edit is held."""
    changed = edit.values != 0
    stretches: list[tuple[float, float]] = []
    for left in range(-1, len(changed)):
        right = left + 1
        if not (changed[max(left, 0)] or changed[min(right, len(changed) - 1)]):
            continue
        start = -np.inf if left < 0 else float(edit.frames[left])
        end = np.inf if right == len(changed) else float(edit.frames[right])
        if stretches and stretches[-1][1] >= start:
            stretches[-1] = stretches[-1][0], end
        else:
            stretches.append((start, end))
    return stretches


def reapply(
    keys: SparseKeys,
    edit: SparseKeys,
    tolerance: float,
    origin: float,
    step: float,
    kept: np.ndarray,
    limits: tuple[float, float] = (-np.inf, np.inf),
) -> SparseKeys:
    """Put an edit on top of a new curve.

    Args:
        keys: of the new curve, in frames of the scene.
        edit: in frames of the scene.
        tolerance: largest error within the edited stretches, at the frames at which keys may stand.
        origin: one of these frames.
        step: their distance.
        kept: frames that become keys in any case: those of the keys that somebody has set.
        limits: smallest and largest sum, such as those of the curve that was edited and of the new one.

    Returns:
        The new curve exactly where the edit is 0, with its keys and those to be kept; elsewhere the sum of both.
    """
    pieces = []
    outside, free = np.ones(len(keys.frames), bool), np.ones(len(kept), bool)
    for start, end in _on_grid(edited_stretches(edit), keys, edit, origin, step):
        frames = origin + np.arange(round((start - origin) / step), round((end - origin) / step) + 1) * step
        set_there = kept[(kept >= frames[0]) & (kept <= frames[-1])]
        frames = _united(frames, set_there)
        outside &= (keys.frames < frames[0]) | (keys.frames > frames[-1])
        free &= (kept < frames[0]) | (kept > frames[-1])
        values = np.clip(keys.at(frames) + edit.at(frames), *limits)
        if keys.slopes is None:
            pieces.append(SparseKeys(frames, values))
            continue
        slopes = keys.slopes_at(frames[[0, -1]])
        is_held = edit.at(frames[[0, -1]]) != 0
        pieces.append(
            reduce_between(
                frames,
                values,
                tolerance,
                None if is_held[0] else slopes[0],
                None if is_held[1] else slopes[1],
                np.isin(frames, set_there),
            )
        )
    at = kept[free]
    outside &= ~near(keys.frames, at)
    # A key within a segment leaves the curve as it is if it has the segment's own slope.
    pieces += [_chosen(keys, outside), SparseKeys(at, keys.at(at), keys.slopes_at(at))]
    return _merged([piece for piece in pieces if len(piece.frames)], keys.slopes is None)


def _united(frames: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """All of these frames, rising; a frame makes way for one to be kept that is nearly the same."""
    return np.union1d(frames[~near(frames, kept)], kept)


def near(frames: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(frames,) bool: whether one of the others, which rise, is at this frame or right beside it."""
    if len(others) == 0:
        return np.zeros(len(frames), bool)
    after = np.searchsorted(others, frames)
    below, above = others[np.maximum(after - 1, 0)], others[np.minimum(after, len(others) - 1)]
    return np.asarray(np.minimum(np.abs(frames - below), np.abs(frames - above)) <= _NEAR)


def only_in(frames: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Those of the first frames at which none of the others is."""
    return frames[~near(frames, others)]


def _without_gaps(frames: np.ndarray, values: np.ndarray) -> SparseKeys:
    """A polyline without the points between two others that are 0 as well."""
    changed = np.pad(values != 0, 1, mode="edge")
    needed = changed[1:-1] | changed[:-2] | changed[2:]
    return SparseKeys(np.asarray(frames, np.float64)[needed], values[needed])


def _on_grid(
    stretches: list[tuple[float, float]], keys: SparseKeys, edit: SparseKeys, origin: float, step: float
) -> list[tuple[float, float]]:
    """The stretches from frame to frame at which keys may stand, finite, and none touching the next."""
    low, high = min(keys.frames[0], edit.frames[0]), max(keys.frames[-1], edit.frames[-1])
    found: list[tuple[float, float]] = []
    for start, end in stretches:
        first = origin + step * np.floor((max(start, low) - origin) / step + 1e-6)
        last = origin + step * np.ceil((min(end, high) - origin) / step - 1e-6)
        if found and first <= found[-1][1] + step / 2:
            found[-1] = found[-1][0], last
        else:
            found.append((first, last))
    return found


def _chosen(keys: SparseKeys, mask: np.ndarray) -> SparseKeys:
    return SparseKeys(keys.frames[mask], keys.values[mask], None if keys.slopes is None else keys.slopes[mask])


def _merged(pieces: list[SparseKeys], is_polyline: bool) -> SparseKeys:
    frames = np.concatenate([piece.frames for piece in pieces])
    order = np.argsort(frames, kind="stable")
    values = np.concatenate([piece.values for piece in pieces])[order]
    if is_polyline:
        return SparseKeys(frames[order], values)
    slopes = np.concatenate([np.zeros(0) if piece.slopes is None else piece.slopes for piece in pieces])
    return SparseKeys(frames[order], values, slopes[order])
