"""The jaw's four shapes: it turns about a hinge in front of the ears, and slides."""

from typing import Final

import numpy as np

from .fields import translate, turned

HINGE: Final = (0.0, 2.0, 134.0)
OPENING: Final = np.radians(20.6)
_SIDEWAYS: Final = 8.0
_FORWARD: Final = 7.0


def jaw_shapes(points: np.ndarray, opening: np.ndarray, sliding: np.ndarray) -> dict[str, np.ndarray]:
    """(N, 3) moves of each jaw channel for vertices that take these shares (N,) of the jaw's turn and slide."""
    return {
        "jawOpen": turned(points, HINGE, 0, OPENING * opening),
        "jawLeft": translate(sliding, _SIDEWAYS, 0.6, 0),
        "jawRight": translate(sliding, -_SIDEWAYS, 0.6, 0),
        "jawForward": translate(sliding, 0, -_FORWARD, 0.4),
    }
