"""The plot of a training for Blender's panel: the loss, and the score on the held-out takes. NumPy only."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from .arrays import FloatArray

LOSS_COLOUR: Final = (0.35, 0.62, 1.0, 1.0)
SCORE_COLOUR: Final = (1.0, 0.62, 0.2, 1.0)
GROUND: Final = (0.09, 0.09, 0.09, 1.0)
_GRID: Final = (0.2, 0.2, 0.2, 1.0)
_GRID_LINES: Final = 4
_MARGIN: Final = 0.06
"""Of the height, above and below each curve."""
_THICKNESS: Final = 2
"""Pixels."""
_DOT: Final = 3
"""Half the side of a score's dot in pixels."""

Points = Sequence[tuple[int, float]]


def loss_plot(losses: Points, scores: Points, steps: int, width: int = 256, height: int = 256) -> FloatArray:
    """Draw both curves over the steps, each on a scale of its own.

    Scales are logarithmic if all values are positive: a loss falls fast, then slowly.

    Args:
        losses: (step, loss) in order.
        scores: (step, score) in order.
        steps: at the right edge.
        width: pixels.
        height: pixels.

    Returns:
        (height, width, 4) float32 RGBA within 0..1, the lowest row first, as Blender keeps pictures.
    """
    picture = np.empty((height, width, 4), np.float32)
    picture[:] = GROUND
    for line in range(1, _GRID_LINES):
        picture[line * height // _GRID_LINES] = _GRID
        picture[:, line * width // _GRID_LINES] = _GRID
    _draw_line(picture, losses, steps, LOSS_COLOUR)
    _draw_line(picture, scores, steps, SCORE_COLOUR)
    for column, row in zip(*_pixels(scores, steps, width, height), strict=True):
        picture[max(row - _DOT, 0) : row + _DOT + 1, max(column - _DOT, 0) : column + _DOT + 1] = SCORE_COLOUR
    return picture


def _draw_line(picture: FloatArray, points: Points, steps: int, colour: tuple[float, ...]) -> None:
    """Fill each column from where the line enters it to where it leaves."""
    height, width = picture.shape[:2]
    columns, rows = _pixels(points, steps, width, height)
    if len(columns) < 2:
        return
    edges = np.arange(columns[0], columns[-1] + 1)
    at = np.interp(edges, columns, rows)
    after = np.append(at[1:], at[-1])
    for column, first, last in zip(edges, np.minimum(at, after), np.maximum(at, after), strict=True):
        picture[int(first) : int(last) + _THICKNESS, column] = colour


def _pixels(points: Points, steps: int, width: int, height: int) -> tuple[list[int], list[int]]:
    """Columns and rows of the points whose values are numbers."""
    table = np.array([point for point in points if np.isfinite(point[1])], np.float64).reshape(-1, 2)
    if not len(table):
        return [], []
    values = np.log(table[:, 1]) if (table[:, 1] > 0).all() else table[:, 1]
    span = np.ptp(values)
    share = (values - values.min()) / span if span else np.full(len(values), 0.5)
    columns = np.clip(table[:, 0] / max(steps, 1), 0, 1) * (width - 1)
    rows = (_MARGIN + (1 - 2 * _MARGIN) * share) * (height - 1)
    return columns.round().astype(int).tolist(), rows.round().astype(int).tolist()
