"""Audible breaths: the lips part, the brows and the head rise a little."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from .. import arkit
from ..basis import Basis
from .prosody import Prosody
from .pulses import raise_to

INHALING: Final[Mapping[str, float]] = {
    "jawOpen": 0.035,
    "mouthLowerDown": 0.08,
    "mouthUpperUp": 0.03,
    "browInnerUp": 0.06,
    "noseSneer": 0.04,
}
LIFTED_DEGREES: Final = 1.2
"""How far the head rises with a breath."""


def breathing(prosody: Prosody) -> np.ndarray:
    """(frames,) 0..1, 1 at the middle of each audible breath."""
    track = np.zeros(prosody.frames, np.float32)
    for start, end in prosody.breaths:
        half = (end - start) / 2
        raise_to(track, prosody.fps, start + half, half + 0.08, 0.0, half + 0.10, 1.0)
    return track


def inhale(values: np.ndarray, basis: Basis, breath: np.ndarray) -> None:
    """Part the lips by breaths, in place.

    Args:
        values: (frames, channels).
        basis: of the columns.
        breath: (frames,) 0 and up.
    """
    for stem, value in INHALING.items():
        for name in arkit.sides(stem):
            if name in basis.index:
                column = basis.index[name]
                values[:, column] = np.maximum(values[:, column], breath * value)
    closers = basis.columns(basis.closes_lips)
    values[:, closers] *= (1 - 0.8 * np.minimum(breath, 1)).astype(np.float32)[:, None]
