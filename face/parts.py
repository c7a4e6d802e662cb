"""The part of a face that a line animates: all of it, the mouth, or what is above it."""

from typing import Final

import numpy as np

from .basis import Basis
from .controls import CONTROL_BY_NAME
from .curves import FaceCurves, Performance

_LEFT_OUT: Final[dict[str, tuple[str, ...]]] = {
    "Full face": (),
    "Mouth": ("brows", "lids", "gaze", "cheeks"),
    "Upper face": ("jaw", "lips", "tongue"),
}
"""Choice of ``face_part`` -> the regions that it leaves alone."""
_MOUTH_ONLY: Final = "Mouth"


def left_out(basis: Basis, part: str) -> frozenset[str]:
    """The channels that a part of the face leaves to the animator.

    Args:
        basis: of the face.
        part: a choice of the control ``face_part``.
    """
    return frozenset(basis.channels[column] for column in basis.region(*_LEFT_OUT[part]))


def keep_part(performance: Performance, part: str) -> Performance:
    """A performance in which only one part of the face moves; the head and blinks go with the upper face.

    Args:
        performance: face, head and eyes.
        part: a choice of the control ``face_part``; the full face is returned as it is.
    """
    if part == CONTROL_BY_NAME["face_part"].choices[0]:
        return performance
    face = performance.face
    values = face.values.copy()
    values[:, face.basis.columns(left_out(face.basis, part))] = 0
    head, eyes = performance.head, performance.eyes
    if part == _MOUTH_ONLY:
        head, eyes = _still(head), _still(eyes)
    return Performance(face.with_values(values), head, eyes, performance.clamped)


def _still(curves: FaceCurves) -> FaceCurves:
    return curves.with_values(np.zeros_like(curves.values))
