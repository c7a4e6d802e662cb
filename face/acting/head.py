"""Quick turns and tilts of the head with the voice, breaths and laughs.

A captured speaker's head turns at 4.5 and tilts at 2.2 degrees a second, with a fifth and a tenth of the power of both
between 1 and 3 Hz; drift and nods alone have none of that.
"""

from typing import Final

import numpy as np

from ..shaping import gaussian_filter
from .afterglow import laughing_head
from .breath import LIFTED_DEGREES, breathing
from .prosody import Prosody
from .pulses import event, raise_to, sway, vary

_TURN: Final = 2.6
_TILT: Final = 1.15
"""Degrees of a stress' turn and tilt at their largest."""
_RESTLESS: Final = (0.25, 1.25, 0.75)
_RESTLESS_SECONDS: Final = (0.45, 0.42, 0.38)
"""Degrees and pace of small motion while speaking: pitch, yaw, roll."""


def head_accents(prosody: Prosody, laughter: np.ndarray, seed: int) -> np.ndarray:
    """(frames, 3) degrees of pitch, yaw and roll."""
    rng = np.random.default_rng([seed, 16])
    frames, fps = prosody.frames, prosody.fps
    head = np.zeros((frames, 3), np.float32)
    if frames == 0:
        return head
    side = 1.0
    for stress in prosody.stresses:
        # The head mostly turns back with the next accent, as a head that stays on its side would leave the listener.
        side = -side if rng.random() < 0.65 else side
        strength = 0.3 + 0.7 * stress.strength
        rise, fall = vary(rng, 0.18, 0.30), vary(rng, 0.25, 0.5)
        where, course = event(frames, fps, stress.second + 0.03, rise, 0.05, fall)
        head[where, 1] += side * _TURN * strength * vary(rng, 0.4, 1.0) * course
        leaning = side if rng.random() < 0.6 else -side
        head[where, 2] += leaning * _TILT * strength * vary(rng, 0.2, 1.0) * course
    speaking = np.zeros(frames, np.float32)
    for start, end in prosody.phrases:
        raise_to(speaking, fps, start, 0.2, end - start, 0.4, 1.0)
    for axis, (degrees, seconds) in enumerate(zip(_RESTLESS, _RESTLESS_SECONDS, strict=True)):
        head[:, axis] += (degrees * sway(frames, fps, seconds, rng) * (0.15 + 0.85 * speaking)).astype(np.float32)
    head[:, 0] += laughing_head(laughter, prosody) - LIFTED_DEGREES * breathing(prosody)
    return gaussian_filter(head, 0.04 * fps)
