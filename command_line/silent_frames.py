"""Frames of silence around a line, as EMOTE's released demo has them: the mouth opens out of rest and goes back to it.

The demo's option fails with 100 expressions, forgets the last frame and never changes the emotion at the end. Here both
ends are alike: the network hears silence there, the jaw is shut but for five frames next to the line, and there is no
emotion. Expressions stay as the network gives them.
"""

from collections.abc import Callable, Mapping
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


def with_rest_in_silence(
    perform: Callable[..., "Performance"], controls: "Controls", frames: int, model: str, spec: "ModelSpec"
) -> Callable[..., "Performance"]:
    """A function that performs sounds ``with_silence``, and comes out of rest and goes back to it there.

    Args:
        perform: takes a sound and ``controls``.
        controls: constant ones.
        frames: at either end.
        model: the network's name, for messages.
        spec: of the network.

    Raises:
        UsageError: the network's motion is not FLAME's.
    """
    from ..face.basis import JAW_CHANNELS
    from ..inference.contract import SAMPLE_RATE

    if not spec.basis.has(JAW_CHANNELS):
        raise UsageError(f"{model} gives {spec.basis.name}; --silent-frames is for the motion of FLAME (EMOTE)")

    def run(speech: "Speech", **named: Any) -> "Performance":
        line_frames = int(len(speech.samples) / SAMPLE_RATE * spec.fps) - 2 * frames
        performance = perform(speech, controls=without_emotion_in_silence(controls, frames, line_frames), **named)
        return replace(performance, face=with_shut_ends(performance.face, frames))

    return run


def without_emotion_in_silence(controls: "Controls", frames: int, line_frames: int) -> "Controls":
    """The same controls, without an emotion in the silent frames.

    Args:
        controls: constant ones.
        frames: at either end.
        line_frames: between them.
    """
    from ..face.controls import Controls

    speaks = np.zeros(frames + line_frames + frames, np.float32)
    speaks[frames : frames + line_frames] = 1
    values: Mapping[str, Any] = controls.changed()
    return Controls(
        {name: value * speaks if name in controls.emotions else value for name, value in values.items()},
        controls.emotions,
    )


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
