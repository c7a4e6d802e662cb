"""What every model agrees to: encode once, decode on every tweak."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol, runtime_checkable

import numpy as np

from ..face.controls import Controls
from ..face.curves import FaceCurves

SAMPLE_RATE: Final = 16_000
"""Every model hears mono sound at this rate (Hz)."""

Progress = Callable[[float], None]
"""Called now and then with the share (0..1) of one piece of work that is done."""

StageProgress = Callable[[float, str], None]
"""Called with the share (0..1) of the whole job that is done, and what happens next."""


class EmoTalkError(Exception):
    """Something the animator can understand and mend; the message is one sentence to show as it is."""


@dataclass(frozen=True)
class Speech:
    """One line of dialogue as every model hears it.

    Attributes:
        samples: (n,) float32 mono at 16 kHz, nominally within -1..1, finite.
        source: where it came from, for messages and file names.
    """

    samples: np.ndarray
    source: str = ""

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.samples) / SAMPLE_RATE


@dataclass(frozen=True)
class Features:
    """What a model keeps of a line's sound: everything that sliders cannot change.

    Attributes:
        model: the id of the model that made them and that alone can decode them.
        frames: how many frames of the model's rate the line has.
        arrays: named float32 arrays.
    """

    model: str
    frames: int
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)


class FaceModel(Protocol):
    """A network that turns sound into face coefficients."""

    model_id: str
    channels: tuple[str, ...]
    fps: float

    def encode(self, speech: Speech, progress: Progress | None = None) -> Features:
        """The slow half: depends on the sound alone. A long line calls ``progress`` now and then."""
        ...

    def decode(self, features: Features, controls: Controls) -> FaceCurves:
        """The fast half: depends on the sliders; runs again on every tweak."""
        ...


@runtime_checkable
class Shrinkable(Protocol):
    """A face model that can do the same with less memory."""

    def shrink(self) -> bool:
        """Compute in smaller steps from now on; False where there are none."""
        ...
