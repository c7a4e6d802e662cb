"""Frames of silence around a line, as EMOTE's released demo has them: the mouth opens out of rest and goes back to it.

The demo's option fails with 100 expressions, forgets the last frame and never changes the emotion at the end. Here both
ends are alike: the network hears silence there, the jaw is shut but for five frames next to the line, and there is no
emotion. Expressions stay as the network gives them.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from .complaints import UsageError

if TYPE_CHECKING:
    from ..face.controls import Controls
    from ..face.curves import FaceCurves, Performance
    from ..inference.contract import ModelSpec, Speech

_RAMP: Final = 5
"""Frames in which the jaw leaves or reaches rest."""


def with_silence(speech: "Speech", frames: int, fps: float) -> "Speech":
    """The sound with silence before and after it.

    Args:
        speech: the line.
        frames: at either end.
        fps: of the network.
    """
    from ..inference.contract import SAMPLE_RATE

    return replace(speech, samples=np.pad(speech.samples, round(frames / fps * SAMPLE_RATE)))


def check_silence(model: str, spec: "ModelSpec") -> None:
    """Raises UsageError if the network's motion is not FLAME's; ``model`` is its name."""
    from ..face.basis import JAW_CHANNELS

    if not spec.basis.has(JAW_CHANNELS):
        raise UsageError(f"{model} gives {spec.basis.name}; --silent-frames is for the motion of FLAME (EMOTE)")


def rested(performance: "Performance", frames: int) -> "Performance":
    """The performance of a sound ``with_silence``, which comes out of rest and goes back to it there."""
    return replace(performance, face=with_shut_ends(performance.face, frames))


def without_emotion_in_silence(controls: "Controls", frames: int, seconds: float, fps: float) -> "Controls":
    """The same controls, without an emotion in the silent frames.

    Args:
        controls: of the whole sound.
        frames: of silence at either end.
        seconds: of the sound, silence included.
        fps: of the network.
    """
    from ..face.controls import Controls

    speaks = np.ones(int(seconds * fps), np.float32)
    speaks[:frames] = speaks[-frames:] = 0
    values: Mapping[str, Any] = controls.changed()
    emotions = {name: controls.track(name, len(speaks)) * speaks for name in values if name in controls.emotions}
    return Controls({**values, **emotions}, controls.emotions)


def with_shut_ends(face: "FaceCurves", frames: int) -> "FaceCurves":
    """Curves whose jaw is shut in the silent frames, and opens and shuts evenly in those next to the line.

    Args:
        face: of a sound with silence.
        frames: at either end; at least one frame lies between.
    """
    columns = face.basis.region("jaw")
    share = np.zeros(frames)
    ramp = min(_RAMP, frames)
    share[frames - ramp :] = np.linspace(0, 1, ramp) if ramp > 1 else 0
    values = face.values.copy()
    values[:frames, columns] = share[:, None] * values[frames, columns]
    values[-frames:, columns] = share[::-1, None] * values[-frames - 1, columns]
    return face.with_values(values)
