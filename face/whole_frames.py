"""From the frames of a model to the whole frames of a scene, without losing a lip contact or the peak of a blink.

Between two frames of the model the motion is a straight line, as the contract of ``FaceCurves`` has it. A contact that
falls between two frames of the scene moves to the nearer one: by half a frame at most.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from .closures import blink_peaks, lid_channels, lip_channels, lip_contacts
from .curves import FaceCurves, Performance

_SAME: Final = 1e-6
"""Frames that differ by less are the same: starts and steps are sums of fractions."""


@dataclass(frozen=True)
class FrameGrid:
    """Where the frames of a model lie among those of a scene.

    Attributes:
        first: the scene frame of the model's frame 0; can be fractional and negative.
        step: scene frames per frame of the model, above 0.
        frames: of the model, at least one.
    """

    first: float
    step: float
    frames: int

    @property
    def start(self) -> int:
        """The last whole frame of the scene that is not after the model's first one."""
        return math.floor(self.first + _SAME)

    @cached_property
    def positions(self) -> np.ndarray:
        """(frames,) where the model's frames lie, counted from ``start``."""
        return self.first - self.start + np.arange(self.frames) * self.step

    @cached_property
    def samples(self) -> np.ndarray:
        """(whole frames,) the frame of the model, fractional, at each whole frame of the scene from ``start`` on."""
        count = math.ceil(self.positions[-1] - _SAME) + 1
        samples = (np.arange(count) - (self.first - self.start)) / self.step
        nearest = np.round(samples)
        samples = np.where(np.abs(samples - nearest) < _SAME / self.step, nearest, samples)
        return np.clip(samples, 0, self.frames - 1)

    def nearest(self, moments: np.ndarray) -> dict[int, int]:
        """Whole frame, counted from ``start`` -> the moment, a frame of the model, that it has to show.

        Two moments never share a whole frame while the other neighbour of one of them is free.
        """
        shown: dict[int, int] = {}
        last = len(self.samples) - 1
        for moment in moments:
            position = self.positions[moment]
            near = math.floor(position + 0.5)
            other = near + (1 if position > near else -1)
            free = [frame for frame in (near, other) if 0 <= frame <= last and frame not in shown]
            if free:
                shown[free[0]] = int(moment)
        return shown


def on_whole_frames(performance: Performance, first: float, step: float) -> tuple[Performance, int]:
    """The same motion sampled at the whole frames of a scene.

    Args:
        performance: at least one frame long.
        first: the scene frame of its frame 0; can be fractional and negative.
        step: scene frames per frame of the performance, e.g. 0.8 for 30 frames per second in a 24 fps scene.

    Returns:
        The performance at the scene's rate, and the scene frame of its frame 0. It covers the whole line: where this
        begins or ends between two frames, the pose is held up to the next one. Each full lip contact and each peak of a
        blink is on a frame, as deep as it was. Frames that coincide keep their values exactly.
    """
    grid = FrameGrid(first, step, performance.face.frames)
    face, head, eyes = (_resampled(part, grid) for part in (performance.face, performance.head, performance.eyes))
    return Performance(face, head, eyes, performance.clamped), grid.start


def _resampled(curves: FaceCurves, grid: FrameGrid) -> FaceCurves:
    samples, source = grid.samples, curves.values
    below = np.floor(samples).astype(int)
    above = np.minimum(below + 1, curves.frames - 1)
    part = (samples - below)[:, None].astype(np.float32)
    values = source[below] + part * (source[above] - source[below])
    mouth = sorted({*curves.basis.region("jaw", "lips", "tongue"), *curves.basis.columns(lip_channels(curves.basis))})
    for frame, contact in grid.nearest(lip_contacts(curves)).items():
        values[frame, mouth] = source[contact, mouth]
    for column in curves.basis.columns(lid_channels(curves.basis)):
        for frame, peak in grid.nearest(blink_peaks(source[:, column], curves.fps)).items():
            values[frame, column] = source[peak, column]
    return FaceCurves(values.astype(np.float32), curves.basis, curves.fps * grid.step)
