"""How eyeballs move when they look."""

import numpy as np

from . import arkit
from .sample_head.fields import turned


def gaze_shapes(vertices: np.ndarray, centre: tuple[float, ...], side: str) -> dict[str, np.ndarray]:
    """The four shapes of an eyeball, which turns by ``arkit.LOOK_DEGREES`` at 1.

    Args:
        vertices: (V, 3); Z up, the face looks along -Y, the actor's left is +X.
        centre: of the eyeball.
        side: "Left" or "Right", the actor's own.

    Returns:
        (V, 3) float32 moves by channel.
    """
    turn = np.radians(arkit.LOOK_DEGREES)
    out = turn if side == "Left" else -turn
    looks = {"Down": (0, turn), "Up": (0, -turn), "Out": (2, out), "In": (2, -out)}
    return {
        f"eyeLook{name}{side}": turned(vertices, centre, axis, angle).astype(np.float32)
        for name, (axis, angle) in looks.items()
    }
