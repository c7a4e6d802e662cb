"""What every model agrees to: encode once, decode on every tweak."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol, runtime_checkable

import numpy as np

from ..face.basis import Basis
from ..face.controls import CONTROLS, Control, ControlError, Controls, emotion_control
from ..face.curves import FaceCurves
from ..face.emotions import EMOTIONS
from ..face.errors import EmoTalkError as EmoTalkError

SAMPLE_RATE: Final = 16_000
"""The sample rate (Hz) of the mono sound that every model takes."""

Progress = Callable[[float], None]
"""Called now and then with the share (0..1) of one piece of work that is done."""

StageProgress = Callable[[float, str], None]
"""Called with the share (0..1) of the whole job that is done, and what happens next."""


@dataclass(frozen=True)
class Speech:
    """One line of dialogue as every model takes it.

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


@dataclass(frozen=True)
class ModelSpec:
    """What a network gives and what it takes.

    Attributes:
        basis: the channels of its curves.
        fps: the frame rate that it was trained at.
        emotions: names of the emotions that it can be asked for; their order is the network's own affair.
        styles: names of its personal styles, the first one being the default.
        controls: names of the controls in the groups emotion and style that it heeds, besides its emotions.
    """

    basis: Basis
    fps: float
    emotions: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    controls: frozenset[str] = frozenset()

    def heeded(self) -> tuple[Control, ...]:
        """The controls that do something to this network's performances, in the order of the table.

        Emotions come first; shaping is heeded where the basis has what it shapes; liveliness always.
        """
        emotions = (emotion_control(name) for name in self.emotions)
        return (*emotions, *(control for control in CONTROLS if self._heeds(control)))

    def check(self, controls: Controls) -> None:
        """Refuse controls that ask for what the network cannot do.

        Raises:
            ControlError: a style or an emotion that it does not know.
        """
        for name in ("personal_style", "second_style"):
            controls.style(name, self.styles)
        for name in dict.fromkeys((*EMOTIONS, *controls.emotions)):
            if name not in self.emotions and np.any(controls[name]):
                known = f"it knows: {', '.join(self.emotions)}" if self.emotions else "it takes none"
                raise ControlError(f"The model does not know the emotion {name!r}; {known}")

    def _heeds(self, control: Control) -> bool:
        if control.name in EMOTIONS:
            return False
        if control.group in ("emotion", "style"):
            return control.name in self.controls
        if control.name == "clamping":
            return self.basis.is_bounded
        return not control.regions or bool(self.basis.region(*control.regions))


class FaceModel(Protocol):
    """A network that turns sound into face coefficients."""

    model_id: str
    spec: ModelSpec

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
