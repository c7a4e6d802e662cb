"""The loudness of a sound at each frame of a performance."""

from typing import Final

import numpy as np

from ..contract import SAMPLE_RATE, Speech

_RMS_FRAMES: Final = 1800


def frame_rms(speech: Speech, frames: int, fps: float) -> np.ndarray:
    """(frames,) float32 root mean square of the sound within half a frame of each frame."""
    bounds = np.round((np.arange(frames + 1) - 0.5) / fps * SAMPLE_RATE).astype(int)
    power = np.zeros(frames, np.float32)
    for first in range(0, frames, _RMS_FRAMES):
        # In chunks: the squares of an hour of sound would take as much memory as the sound.
        edges = bounds[first : first + _RMS_FRAMES + 1]
        sound = speech.samples[max(edges[0], 0) : edges[-1]]
        missing_before = max(-edges[0], 0)
        padding = (missing_before, edges[-1] - edges[0] - missing_before - len(sound))
        squares = np.pad(sound, padding).astype(np.float64) ** 2
        power[first : first + len(edges) - 1] = np.add.reduceat(squares, edges[:-1] - edges[0]) / np.diff(edges)
    return np.sqrt(power)
