"""The jaw's four shapes: it turns about a hinge in front of the ears, and slides."""

from typing import Final

import numpy as np

from .fields import along, turned

HINGE: Final = (0.0, 2.0, 150.0)
OPENING: Final = np.radians(20.8)
_SIDEWAYS: Final = 8.0
_FORWARD: Final = 7.0


def jaw_shapes(points: np.ndarray, share: np.ndarray) -> dict[str, np.ndarray]:
    """(N, 3) moves of each jaw channel for vertices that take a share (N,) of the jaw's motion."""
    return {
        "jawOpen": turned(points, HINGE, 0, OPENING * share),
        "jawLeft": along(share, _SIDEWAYS, 0.6, 0),
        "jawRight": along(share, -_SIDEWAYS, 0.6, 0),
        "jawForward": along(share, 0, -_FORWARD, 0.4),
    }
