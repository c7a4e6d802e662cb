"""Dynamic time warping of two sounds: which moment of one is which moment of the other."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ...inference.contract import SAMPLE_RATE, Speech
from ...inference.sound.log_mel import HOP, log_mel, speech_level
from ..arrays import FloatArray, IntArray

RATE: Final = 25.0
"""Hz of the frames that are aligned."""
_PER_FRAME: Final = round(SAMPLE_RATE / HOP / RATE)


@dataclass(frozen=True)
class Alignment:
    """How one sound goes along another.

    Attributes:
        first, second: (n,) seconds of the same moments, rising.
        distance: mean distance along the path, in that of unrelated moments of the two; 1 says nothing alike.
    """

    first: FloatArray
    second: FloatArray
    distance: float

    def warp(self, values: FloatArray, fps: float, frames: int) -> FloatArray:
        """Curves (n, channels) that go with the second sound, as (frames, channels) that go with the first one."""
        moments, start = np.unique(self.first, return_index=True)
        there = np.interp(np.arange(frames) / fps, moments, self.second[start])
        places = np.arange(len(values)) / fps
        return np.stack([np.interp(there, places, column) for column in values.T], axis=1).astype(np.float32)


def align(first: Speech, second: Speech) -> Alignment:
    """Align two sounds by the shape of their log-mel spectra."""
    ours, theirs = _frames(first), _frames(second)
    squares = (ours**2).sum(axis=1)[:, None] + (theirs**2).sum(axis=1) - 2 * ours @ theirs.T
    distances = np.sqrt(np.maximum(squares, 0) / ours.shape[1])
    path = _cheapest_path(distances)
    along = float(distances[path[:, 0], path[:, 1]].mean()) / max(float(distances.mean()), 1e-9)
    return Alignment(path[:, 0] / RATE, path[:, 1] / RATE, along)


def _frames(speech: Speech) -> FloatArray:
    """(n, 64) log-mel at ``RATE``, each band with mean 0 and variance 1: another loudness or voice matters less."""
    samples = speech.samples
    count = max(len(samples) // (HOP * _PER_FRAME), 1)
    mel = log_mel(samples, speech_level(samples), 0, count * _PER_FRAME).astype(np.float64)
    mel = mel.reshape(count, _PER_FRAME, -1).mean(axis=1)
    return np.asarray((mel - mel.mean(axis=0)) / (mel.std(axis=0) + 1e-6))


def _cheapest_path(distances: FloatArray) -> IntArray:
    """(n, 2) steps from the first to the last pair of frames with the least sum; one frame or both at a time."""
    rows, columns = distances.shape
    total = np.full((rows + 1, columns + 1), np.inf)
    total[0, 0] = 0
    # All pairs of an anti-diagonal at once.
    for diagonal in range(rows + columns - 1):
        i = np.arange(max(diagonal - columns + 1, 0), min(diagonal, rows - 1) + 1)
        j = diagonal - i
        before = np.minimum(np.minimum(total[i, j], total[i, j + 1]), total[i + 1, j])
        total[i + 1, j + 1] = distances[i, j] + before
    row, column, path = rows, columns, []
    while row and column:
        path.append((row - 1, column - 1))
        step = int(np.argmin((total[row - 1, column - 1], total[row - 1, column], total[row, column - 1])))
        row, column = row - (step != 2), column - (step != 1)
    return np.array(path[::-1])
