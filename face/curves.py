"""FaceCurves: the coefficients of a face over time."""

from dataclasses import dataclass, replace

import numpy as np

from . import arkit


@dataclass(frozen=True)
class FaceCurves:
    """Coefficients sampled at a fixed rate; frame i stands at i / fps seconds after the sound starts.

    Attributes:
        values: (frames, channels) float32.
        channels: the name of each column.
        fps: frames per second, may be fractional.
    """

    values: np.ndarray
    channels: tuple[str, ...]
    fps: float

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1] != len(self.channels):
            raise ValueError(f"curves of shape {self.values.shape} do not fit {len(self.channels)} channels")
        if not self.fps > 0:
            raise ValueError(f"a frame rate must be positive, not {self.fps}")

    @property
    def frames(self) -> int:
        """How many frames there are."""
        return self.values.shape[0]

    @property
    def times(self) -> np.ndarray:
        """(frames,) seconds after the start of the sound."""
        return np.arange(self.frames) / self.fps

    def channel(self, name: str) -> np.ndarray:
        """(frames,) one coefficient over time. Raises ValueError for an unknown name."""
        return self.values[:, self.channels.index(name)]

    def with_values(self, values: np.ndarray) -> "FaceCurves":
        """The same channels and rate with other numbers."""
        return replace(self, values=np.ascontiguousarray(values, np.float32))

    def resampled(self, fps: float) -> "FaceCurves":
        """The same motion at another rate, interpolated linearly; the last frame is never lost."""
        if fps == self.fps or self.frames == 0:
            return replace(self, fps=fps)
        times = np.arange(int(np.ceil((self.frames - 1) / self.fps * fps)) + 1) / fps
        columns = [np.interp(times, self.times, column) for column in self.values.T]
        return FaceCurves(np.stack(columns, axis=1).astype(np.float32), self.channels, fps)


@dataclass(frozen=True)
class Performance:
    """What one line of dialogue does to a character.

    Attributes:
        face: the 52 ARKit coefficients.
        head: head rotation (``arkit.HEAD_CHANNELS``, degrees), as many frames at the same rate.
    """

    face: FaceCurves
    head: FaceCurves


def still_head(frames: int, fps: float) -> FaceCurves:
    """A head that does not move."""
    return FaceCurves(np.zeros((frames, len(arkit.HEAD_CHANNELS)), np.float32), arkit.HEAD_CHANNELS, fps)
