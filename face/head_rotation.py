"""Rotations of the head: degrees, matrices and rotation vectors.

Axes are those of FLAME: x to the actor's left, y up, z where the face looks.
"""

import numpy as np


def matrices_of(degrees: np.ndarray) -> np.ndarray:
    """(frames, 3, 3) rotations.

    Args:
        degrees: (frames, 3) pitch (+ chin down), yaw and roll (+ to the actor's left), ``basis.HEAD``. The head rolls
            first, then nods, then turns.
    """
    pitch, yaw, roll = np.radians(np.asarray(degrees, np.float64)).T
    return _about(1, yaw) @ _about(0, pitch) @ _about(2, -roll)


def degrees_of(matrices: np.ndarray) -> np.ndarray:
    """(frames, 3) float64 pitch, yaw and roll: the inverse of ``matrices_of``; pitch is within 90 degrees."""
    pitch = np.arcsin(np.clip(-matrices[:, 1, 2], -1, 1))
    yaw = np.arctan2(matrices[:, 0, 2], matrices[:, 2, 2])
    roll = -np.arctan2(matrices[:, 1, 0], matrices[:, 1, 1])
    return np.degrees(np.stack([pitch, yaw, roll], axis=1))


def vectors_of(matrices: np.ndarray) -> np.ndarray:
    """(frames, 3) float64 rotation vectors in radians of rotations by less than half a turn."""
    skew = np.stack([matrices[:, 2, 1], matrices[:, 0, 2], matrices[:, 1, 0]], axis=1)
    skew -= np.stack([matrices[:, 1, 2], matrices[:, 2, 0], matrices[:, 0, 1]], axis=1)
    size = np.linalg.norm(skew, axis=1)
    angle = np.arctan2(size, np.trace(matrices, axis1=1, axis2=2) - 1)
    # Near rest, angle / size goes to 1 / 2.
    factor = np.where(size > 1e-9, angle / np.maximum(size, 1e-9), 0.5)
    return np.asarray(skew * factor[:, None])


def _about(axis: int, angle: np.ndarray) -> np.ndarray:
    turned = np.zeros((len(angle), 3, 3))
    first, second = (axis + 1) % 3, (axis + 2) % 3
    turned[:, axis, axis] = 1
    turned[:, first, first] = turned[:, second, second] = np.cos(angle)
    turned[:, second, first], turned[:, first, second] = np.sin(angle), -np.sin(angle)
    return turned
