"""FaceCurves: the coefficients of a face over time; Performance: face, head and eyes of one line."""

from dataclasses import dataclass, replace

import numpy as np

from .basis import EYES, HEAD, Basis


@dataclass(frozen=True)
class FaceCurves:
    """Coefficients sampled at a fixed rate; frame i is at i / fps seconds after the start of the sound.

    Attributes:
        values: (frames, channels) float32.
        basis: of the columns.
        fps: frames per second, can be fractional.
    """

    values: np.ndarray
    basis: Basis
    fps: float

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1] != len(self.basis):
            raise ValueError(f"curves of shape {self.values.shape} do not fit {len(self.basis)} channels")
        if not 0 < self.fps < float("inf"):
            raise ValueError(f"a frame rate must be positive and finite, not {self.fps}")

    @property
    def channels(self) -> tuple[str, ...]:
        """The name of each column."""
        return self.basis.channels

    @property
    def frames(self) -> int:
        """How many frames there are."""
        return self.values.shape[0]

    @property
    def times(self) -> np.ndarray:
        """(frames,) seconds after the start of the sound."""
        return np.arange(self.frames) / self.fps

    @property
    def is_finite(self) -> bool:
        """Whether every value is a number."""
        return bool(np.isfinite(self.values).all())

    def channel(self, name: str) -> np.ndarray:
        """(frames,) one coefficient over time. Raises KeyError for an unknown name."""
        return self.values[:, self.basis.index[name]]

    def with_values(self, values: np.ndarray) -> "FaceCurves":
        """The same basis and rate with other numbers."""
        return replace(self, values=np.ascontiguousarray(values, np.float32))

    def resampled(self, fps: float) -> "FaceCurves":
        """The same motion at another rate, interpolated linearly; the last frame is kept."""
        if fps == self.fps or self.frames == 0:
            return replace(self, fps=fps)
        times = np.arange(int(np.ceil((self.frames - 1) / self.fps * fps)) + 1) / fps
        columns = [np.interp(times, self.times, column) for column in self.values.T]
        return FaceCurves(np.stack(columns, axis=1).astype(np.float32), self.basis, fps)


@dataclass(frozen=True)
class Performance:
    """The motion of a character for one line of dialogue; all parts have the same frames and rate.

    Attributes:
        face: the network's coefficients, shaped.
        head: head rotation (``basis.HEAD``).
        eyes: blinks and gaze (``basis.EYES``), which ``eyes.merge_eyes`` adds to a face that has channels for them.
        clamped: whether values are kept within the limits of their basis.
    """

    face: FaceCurves
    head: FaceCurves
    eyes: FaceCurves
    clamped: bool = True

    def __post_init__(self) -> None:
        for part in (self.head, self.eyes):
            if (part.frames, part.fps) != (self.face.frames, self.face.fps):
                raise ValueError("face, head and eyes must have the same frames at the same rate")

    @property
    def is_finite(self) -> bool:
        """Whether every value of every part is a number."""
        return all(part.is_finite for part in (self.face, self.head, self.eyes))

    def resampled(self, fps: float) -> "Performance":
        """The same motion at another rate."""
        face, head, eyes = (part.resampled(fps) for part in (self.face, self.head, self.eyes))
        return Performance(face, head, eyes, self.clamped)


@dataclass(frozen=True)
class ReadCurves:
    """A performance that was read from a file, or from a character.

    Attributes:
        performance: face, head and eyes.
        remarks: what was recognised and what could not be, as sentences without full stops.
    """

    performance: Performance
    remarks: tuple[str, ...] = ()


def still(basis: Basis, frames: int, fps: float) -> FaceCurves:
    """Motionless curves of a face, a head or eyes."""
    return FaceCurves(np.zeros((frames, len(basis)), np.float32), basis, fps)


def performance_of(face: FaceCurves) -> Performance:
    """A performance with a motionless head and eyes."""
    return Performance(face, still(HEAD, face.frames, face.fps), still(EYES, face.frames, face.fps))
