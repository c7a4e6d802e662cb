"""How strong an emotion is: believable at the middle of its level, theatrical at the end of its sliders.

Ten captured moods have browInnerUp at 0.17 to 0.25 and browDown at 0.02 to 0.31 on average, a quarter to a half of a
posed expression. A network whose emotion moves by itself has learnt it from people, and keeps its own strength.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from ..controls import Controls
from ..emotions import NEUTRAL
from .pulses import eased

_RESTRAINED: Final = 0.34
_NATURAL: Final = 0.56
_USUAL_LEVEL: Final = 0.5
_MOVING: Final = 0.5
"""Standard deviation over mean of an emotion that moves by itself."""


def felt_weights(controls: Controls, frames: int) -> np.ndarray:
    """(frames, emotions) weights of the controls' emotions; neutral is none."""
    weights = controls.emotion_tracks(frames, controls.emotions)
    if NEUTRAL in controls.emotions:
        weights[:, controls.emotions.index(NEUTRAL)] = 0
    return weights


def natural_strength(controls: Controls, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The factor of a posed emotion, and how far it may part the lips in a pause.

    Both grow with the emotion level and with an intensity above 1, so that the face does at every weight.

    Args:
        controls: emotion_level is used.
        weights: (frames, emotions), see ``felt_weights``.

    Returns:
        (frames,) factor, 0.34 to 1, and (frames,) parting, 0 to 1.
    """
    level = controls.track("emotion_level", len(weights))
    drive = level + np.maximum(weights.sum(axis=1) - 1, 0)
    low = _RESTRAINED + (_NATURAL - _RESTRAINED) * drive / _USUAL_LEVEL
    high = _NATURAL + (1 - _NATURAL) * (drive - _USUAL_LEVEL)
    factor = np.where(drive < _USUAL_LEVEL, low, np.minimum(high, 1))
    return factor, eased((factor - _NATURAL) / (0.95 - _NATURAL))


def frozen_share(added: np.ndarray, weights: np.ndarray, upper: Sequence[int]) -> float:
    """1 for a network that holds an emotion like a mask, 0 for one that moves it as people do.

    Args:
        added: (frames, channels) what the emotion adds to the face.
        weights: (frames, emotions); what the animator keys is not motion of the network's.
        upper: columns of the upper face; all are used if there are none.
    """
    size = np.linalg.norm(added[:, upper] if len(upper) else added, axis=1)
    total = weights.sum(axis=1)
    felt = total > 0.25 * total.max(initial=0)
    if not felt.any():
        return 1.0
    ratio = size[felt] / total[felt]
    return float(np.clip(1 - ratio.std() / (_MOVING * max(float(ratio.mean()), 1e-6)), 0, 1))
