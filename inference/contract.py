"""The interface of every model: encode a sound once, decode whenever a control changes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Protocol, runtime_checkable

import numpy as np

from ..face.alignment import Alignment
from ..face.basis import Basis
from ..face.controls import CONTROLS, Control, ControlError, Controls, emotion_control
from ..face.curves import FaceCurves
from ..face.emotions import EMOTIONS
from ..face.errors import EmoTalkError as EmoTalkError

SAMPLE_RATE: Final = 16_000
"""The sample rate (Hz) of the mono sound that every model takes."""

PHONE_RATE: Final = 50
"""Frames per second of phone posteriors; frame i is centred at i / 50 s."""

Progress = Callable[[float], None]
"""Called regularly with the share (0..1) of one step that is done."""

StageProgress = Callable[[float, str], None]
"""Called with the share (0..1) of the whole job that is done, and a description of the next step."""


@dataclass(frozen=True)
class Speech:
    """One line of dialogue, the input of every model.

    Attributes:
        samples: (n,) float32 mono at 16 kHz, nominally within -1..1, finite.
        source: where it came from, for messages and file names.
        remarks: a sentence for each thing about the sound that somebody should know before they use the performance.
    """

    samples: np.ndarray
    source: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """The duration in seconds."""
        return len(self.samples) / SAMPLE_RATE


@dataclass(frozen=True)
class Features:
    """A model's encoding of a sound, which does not depend on the controls.

    Attributes:
        model: the id of the model that encoded them; only this model can decode them.
        frames: the number of frames at the model's rate.
        arrays: named float32 arrays.
        voice: how sure the model is, 0..1, that somebody speaks in any frame; None if it cannot say.
    """

    model: str
    frames: int
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    voice: float | None = None


@dataclass(frozen=True)
class Heard:
    """What a network hears besides the motion of the face.

    Attributes:
        laughter: (frames,) strength of laughter, 0..1.
        certainty: how sure the network is of the sounds, 0..1.
    """

    laughter: np.ndarray
    certainty: float


@dataclass(frozen=True)
class ModelSpec:
    """The inputs and outputs of a network.

    Attributes:
        basis: the channels of its curves.
        fps: the frame rate that it was trained at.
        emotions: names of its emotions, in the network's own order.
        styles: names of its personal styles; the first one is the default.
        controls: names of the controls in the groups emotion and style that it uses, besides its emotions, and
            ``loudness_jaw`` if it can tell how sure it is, ``natural_strength`` if its emotions are posed ones, and
            ``afterglow`` if it leaves the soft beginning of a laugh and the smile after it to the acting.
        flame_template: SHA-256 of the mean head of the FLAME that it was trained for, see
            ``face.flame.model.template_sha256``; "" if it is not FLAME's, or unknown.
    """

    basis: Basis
    fps: float
    emotions: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    controls: frozenset[str] = frozenset()
    flame_template: str = ""

    def with_styles(self, styles: tuple[str, ...]) -> "ModelSpec":
        """The same network with these personal styles."""
        return replace(self, styles=styles)

    def heeded(self) -> tuple[Control, ...]:
        """The controls that affect this network's performances, in the order of the table.

        Emotions come first. Shaping controls are included if the basis has their regions, liveliness always.
        """
        emotions = (emotion_control(name) for name in self.emotions)
        return (*emotions, *(control for control in CONTROLS if self._heeds(control)))

    def check(self, controls: Controls) -> None:
        """Reject controls that the network does not support.

        Raises:
            ControlError: it lacks a style, an emotion or a channel.
        """
        for channel in controls.shapes:
            if channel not in self.basis.index:
                raise ControlError(f"The model has no shape {channel!r}; its shapes are those of {self.basis.name}")
        for name in ("personal_style", "second_style"):
            controls.style(name, self.styles)
        for name in dict.fromkeys((*EMOTIONS, *controls.emotions)):
            if name not in self.emotions and np.any(controls[name]):
                known = f"there are: {', '.join(self.emotions)}" if self.emotions else "it has none"
                raise ControlError(f"The model has no emotion {name!r}; {known}")

    def _heeds(self, control: Control) -> bool:
        if control.name in EMOTIONS:
            return False
        if control.name == "mood_waves":
            return bool(self.emotions)
        if control.name == "arousal":
            return bool(self.emotions) or bool(self.basis.lip_terms)
        if control.name == "mouth_emotion":
            return bool(self.emotions) and bool(self.basis.region(*control.regions))
        if control.name in ("loudness_jaw", "natural_strength", "afterglow"):
            return control.name in self.controls
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
        """The slow half: depends on the sound alone. Calls ``progress`` regularly during a long line."""
        ...

    def decode(self, features: Features, controls: Controls) -> FaceCurves:
        """The fast half: depends on the controls; runs again after every change of them."""
        ...


@runtime_checkable
class Hearing(Protocol):
    """A face model that also says what it hears in a sound."""

    def hear(self, features: Features) -> Heard:
        """What it heard when it encoded these features."""
        ...


def heard_by(model: FaceModel, features: Features) -> Heard:
    """What a model heard; no laughter, and certain of every sound, if it does not say."""
    if isinstance(model, Hearing):
        return model.hear(features)
    return Heard(np.zeros(features.frames, np.float32), 1.0)


@runtime_checkable
class HearsPhones(Protocol):
    """A face model that tells which phones it hears, and takes them from somebody who knows better."""

    @property
    def hears_phones(self) -> bool:
        """Whether its weights have what that takes; otherwise both methods raise EmoTalkError."""
        ...

    def phone_posteriors(self, features: Features) -> np.ndarray:
        """(n, 41) float32 log posteriors of ``phones.PHONES`` at ``PHONE_RATE``, from when it encoded these features.

        Raises:
            EmoTalkError: its weights cannot tell.
        """
        ...

    def tell(self, features: Features, alignment: Alignment) -> Features:
        """The features of the same sound, to be decoded with what is said.

        Words with a fit below ``alignment.LEAST_FIT`` stay as heard.

        Raises:
            EmoTalkError: its weights cannot be told.
        """
        ...


@runtime_checkable
class Calculating(Protocol):
    """A face model that knows which library multiplies its matrices.

    Attributes:
        arithmetic: the library and the processor's instructions, for people; "" on a GPU.
    """

    @property
    def arithmetic(self) -> str:
        """See above."""
        ...


@runtime_checkable
class Shrinkable(Protocol):
    """A face model that can also compute in smaller steps, with less memory."""

    def shrink(self) -> bool:
        """Compute in smaller steps from now on; False if there are none."""
        ...
