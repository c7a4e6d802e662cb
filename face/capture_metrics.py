"""How predicted curves differ from captured ones, in coefficients and on a mesh.

Coefficients are compared over the channels that move in the capture, in their own unit. On a mesh, distances are in the
mesh's unit, over the vertices that are named: L of the lips, U of the upper face. v is captured, w predicted, T frames.

- LVE: mean over frames of the largest distance |v - w| over L; squared: of the largest |v - w|^2 (CodeTalker's code).
- EVE: the same over the upper face.
- FDD: mean over U of std_t |v_t - rest|^2 - std_t |w_t - rest|^2; signed, as CodeTalker's code has it.
- MOD: mean over frames of the difference in opening, the height of L.
- SLCC: correlation of loudness and lip displacement; that of the capture is the aim, not the largest one.
- MTM: mean time between matched extrema of the lips' displacement (after CVPR 2025's mean temporal misalignment; here
  each captured extremum takes the nearest predicted one of its kind, instead of a dynamic time warping).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from .basis import Basis
from .curves import FaceCurves
from .intervals import intervals_of

LONGEST_CLOSURE: Final = 0.4
"""Seconds; lips that stay closed longer rest."""

_MOVES: Final = 0.03
"""A channel moves if it spreads by this share of what the most moving one does."""
_CLOSED: Final = 0.2
"""Of the captured range of the lip opening: below, the lips count as closed."""
_TOLERANCE: Final = 1
"""Frames by which a closure may be early or late."""
_LONGEST_LAG: Final = 0.3
_LEAST_SPREAD: Final = 1e-9


@dataclass(frozen=True)
class Comparison:
    """Predicted curves beside captured ones; means over the channels that move. NaN where there is nothing to measure.

    Attributes:
        moving: the channels that move in the capture.
        r: Pearson's correlation, 0 for a channel that is predicted as constant.
        error: mean absolute error.
        jaw_r, jaw_error: of the jaw alone.
        lag_ms: of the lip opening, at its largest correlation; above 0 the prediction is late.
        closure_f1: of closures, lips closed for at most 0.4 s in the captured opening's terms.
        closed_f1: of the frames with closed lips, pauses included.
        velocity_ratio: predicted motion over captured motion, as sums of absolute changes.
        closures: how many were captured.
    """

    moving: tuple[str, ...]
    r: float
    error: float
    jaw_r: float
    jaw_error: float
    lag_ms: float
    closure_f1: float
    closed_f1: float
    velocity_ratio: float
    closures: int


def compare(captured: FaceCurves, predicted: FaceCurves) -> Comparison:
    """Compare a prediction with a capture of the same basis, at the capture's frames.

    Raises:
        ValueError: they differ in their channels, or have no frames in common.
    """
    if captured.channels != predicted.channels:
        raise ValueError("a prediction is compared with a capture of the same channels")
    true, guess = on_same_frames(captured, predicted)
    spread = true.std(axis=0)
    moving = np.flatnonzero(spread >= _MOVES * max(float(spread.max()), _LEAST_SPREAD))
    basis, fps = captured.basis, captured.fps
    jaw = jaw_column(basis)
    opened, guessed = true @ basis.lip_weights, guess @ basis.lip_weights
    f1, closures = closure_f1(opened, guessed, fps) if basis.lip_terms else (np.nan, 0)
    return Comparison(
        moving=tuple(basis.channels[column] for column in moving),
        r=float(np.mean([correlation(true[:, i], guess[:, i]) for i in moving])) if len(moving) else np.nan,
        error=float(np.abs(true - guess)[:, moving].mean()) if len(moving) else np.nan,
        jaw_r=correlation(true[:, jaw], guess[:, jaw]) if jaw is not None else np.nan,
        jaw_error=float(np.abs(true - guess)[:, jaw].mean()) if jaw is not None else np.nan,
        lag_ms=1000 * lag(opened, guessed, fps) if basis.lip_terms else np.nan,
        closure_f1=f1,
        closed_f1=closed_f1(opened, guessed) if basis.lip_terms else np.nan,
        velocity_ratio=velocity_ratio(true[:, moving], guess[:, moving]),
        closures=closures,
    )


def on_same_frames(captured: FaceCurves, predicted: FaceCurves) -> tuple[np.ndarray, np.ndarray]:
    """(frames, channels) of both at the capture's frames, as far as both last; the prediction is interpolated.

    Raises:
        ValueError: one of them has no frames.
    """
    if not captured.frames or not predicted.frames:
        raise ValueError("curves without frames cannot be compared")
    times = captured.times[captured.times <= predicted.times[-1] + 0.5 / captured.fps]
    columns = [np.interp(times, predicted.times, column) for column in predicted.values.T]
    return captured.values[: len(times)].astype(float), np.stack(columns, axis=1)


def jaw_column(basis: Basis) -> int | None:
    """The channel that opens the jaw; None if the basis has none of a known name."""
    return next((basis.index[name] for name in ("jawOpen", "jaw_x") if name in basis.index), None)


def correlation(true: np.ndarray, guess: np.ndarray) -> float:
    """Pearson's r of two curves (n,); 0 if one is constant."""
    if min(true.std(), guess.std()) < _LEAST_SPREAD:
        return 0.0
    return float(np.corrcoef(true, guess)[0, 1])


def velocity_ratio(true: np.ndarray, guess: np.ndarray) -> float:
    """Predicted motion over captured motion of (frames, channels); NaN if the capture does not move."""
    moved = np.abs(np.diff(true, axis=0)).sum()
    return float(np.abs(np.diff(guess, axis=0)).sum() / moved) if moved > 0 else np.nan


def lag(true: np.ndarray, guess: np.ndarray, fps: float) -> float:
    """Seconds by which a curve is late, at the largest correlation within 0.3 s; to a frame."""
    reach = min(round(_LONGEST_LAG * fps), len(true) - 2)

    def at(frames: int) -> float:
        early, late = true[max(-frames, 0) : len(true) - max(frames, 0)], guess[max(frames, 0) :]
        return correlation(early, late[: len(early)])

    # The smallest of equal ones, so that a constant curve is not late.
    return max(sorted(range(-reach, reach + 1), key=abs), key=at) / fps


def closure_threshold(opened: np.ndarray) -> float:
    """The opening below which lips count as closed: a fifth of the range from closed to wide open speech."""
    closed = float(np.clip(np.percentile(opened, 2), -0.10, 0.05))
    return closed + _CLOSED * (float(np.percentile(opened, 95)) - closed)


def closure_f1(opened: np.ndarray, guessed: np.ndarray, fps: float) -> tuple[float, int]:
    """F1 of closures, and how many were captured.

    A captured closure is found if the predicted lips are closed within a frame of it; a predicted one is right if the
    captured lips are. Closed means the same opening for both.

    Args:
        opened: (n,) captured opening of the lips.
        guessed: (n,) the predicted one.
        fps: of both.

    Returns:
        NaN and 0 where nothing was captured.
    """
    threshold = closure_threshold(opened)
    is_closed, is_guessed = opened <= threshold, guessed <= threshold
    true, false = _closures(is_closed, fps), _closures(is_guessed, fps)
    if not true:
        return np.nan, 0
    recall = np.mean([_holds_near(is_guessed, closure) for closure in true])
    precision = np.mean([_holds_near(is_closed, closure) for closure in false]) if false else 0.0
    return _f1(float(precision), float(recall)), len(true)


def closed_f1(opened: np.ndarray, guessed: np.ndarray) -> float:
    """F1 of the frames in which the lips are closed; NaN if they never are."""
    threshold = closure_threshold(opened)
    is_closed, is_guessed = opened <= threshold, guessed <= threshold
    if not is_closed.any():
        return np.nan
    right = (is_closed & is_guessed).sum()
    return _f1(float(right / max(is_guessed.sum(), 1)), float(right / is_closed.sum()))


def vertex_error(true: np.ndarray, guess: np.ndarray) -> tuple[float, float]:
    """LVE of lips, EVE of an upper face: the mean over frames of the largest distance, and of its square.

    Args:
        true: (frames, vertices, 3), the vertices of the set alone.
        guess: the same.
    """
    squares = np.square(true - guess).sum(axis=2).max(axis=1)
    return float(np.sqrt(squares).mean()), float(squares.mean())


def dynamics_deviation(true: np.ndarray, guess: np.ndarray, rest: np.ndarray) -> float:
    """FDD of (frames, vertices, 3) against a rest (vertices, 3): above 0 the prediction moves less."""
    spreads = [np.square(vertices - rest).sum(axis=2).std(axis=0) for vertices in (true, guess)]
    return float((spreads[0] - spreads[1]).mean())


def opening_difference(true: np.ndarray, guess: np.ndarray, up: int = 2) -> float:
    """MOD of the lips (frames, vertices, 3); ``up`` is the axis that points upwards."""
    return float(np.abs(np.ptp(true[:, :, up], axis=1) - np.ptp(guess[:, :, up], axis=1)).mean())


def loudness_correlation(loudness: np.ndarray, displacement: np.ndarray) -> float:
    """SLCC of (n,) loudness and (n,) mean displacement of the lips."""
    return correlation(loudness, displacement)


def temporal_misalignment(true: np.ndarray, guess: np.ndarray, fps: float, least: float) -> float:
    """MTM in milliseconds of two displacements (n,).

    Args:
        true: captured.
        guess: predicted.
        fps: of both.
        least: height by which a curve must change between two extrema for both to count.

    Returns:
        NaN if one of them has no extrema.
    """
    distances = []
    for sign in (1, -1):
        here, there = (np.array(_peaks(sign * curve, least)) for curve in (true, guess))
        if len(here) and len(there):
            distances.extend(np.abs(here[:, None] - there).min(axis=1).tolist())
    return 1000 / fps * float(np.mean(distances)) if distances else np.nan


def _peaks(curve: np.ndarray, least: float) -> list[int]:
    """Frames of the peaks that rise and fall by at least so much."""
    peaks, best, lowest = [], 0, float(curve[0])
    rising = True
    for frame, value in enumerate(curve):
        if rising:
            best = frame if value > curve[best] else best
            if curve[best] - value >= least:
                if curve[best] - lowest >= least:
                    peaks.append(best)
                rising, lowest = False, float(value)
        else:
            lowest = min(lowest, float(value))
            if value - lowest >= least:
                rising, best = True, frame
    return peaks


def _closures(closed: np.ndarray, fps: float) -> list[tuple[int, int]]:
    """Runs of closed frames between openings, no longer than a closure."""
    return [
        (start, end)
        for start, end in intervals_of(closed)
        if start > 0 and end < len(closed) and end - start <= LONGEST_CLOSURE * fps
    ]


def _holds_near(mask: np.ndarray, interval: tuple[int, int]) -> bool:
    return bool(mask[max(interval[0] - _TOLERANCE, 0) : interval[1] + _TOLERANCE].any())


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0
