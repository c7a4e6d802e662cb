"""Merges blinks and gaze into a face's own channels, if its basis has them."""

from typing import Final

import numpy as np

from .basis import EYES
from .curves import FaceCurves, Performance, still

BLINKS: Final = {"eyeBlinkLeft": "blinkLeft", "eyeBlinkRight": "blinkRight"}
WIDE: Final = ("eyeWideLeft", "eyeWideRight")

LOOKS: Final = {
    "eyeLookOutLeft": ("lookLeft", 1),
    "eyeLookInRight": ("lookLeft", 1),
    "eyeLookInLeft": ("lookLeft", -1),
    "eyeLookOutRight": ("lookLeft", -1),
    "eyeLookUpLeft": ("lookUp", 1),
    "eyeLookUpRight": ("lookUp", 1),
    "eyeLookDownLeft": ("lookUp", -1),
    "eyeLookDownRight": ("lookUp", -1),
}
"""ARKit channel -> the eye channel that drives it, and its sign."""


def merge_eyes(performance: Performance) -> Performance:
    """Add blinks and gaze to the face's own channels.

    A blink closes the part of a lid that the network left open; gaze is added to the network's own.

    Returns:
        A performance with motionless eyes; ``performance`` itself if the basis of its face has no such channels.
    """
    face, eyes = performance.face, performance.eyes
    if not face.basis.has((*BLINKS, *LOOKS)):
        return performance
    values = face.values.copy()
    for name, source in BLINKS.items():
        column = face.basis.index[name]
        values[:, column] += (1 - values[:, column]) * eyes.channel(source)
    for name, (source, direction) in LOOKS.items():
        values[:, face.basis.index[name]] += np.maximum(direction * eyes.channel(source), 0)
    if performance.clamped:
        values = np.clip(values, face.basis.lowest, face.basis.highest)
    merged: FaceCurves = face.with_values(values)
    return Performance(merged, performance.head, still(EYES, face.frames, face.fps), performance.clamped)
