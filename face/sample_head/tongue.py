"""The tongue: a soft slab on the floor of the mouth (millimetres)."""

from typing import Final

import numpy as np

from .fields import smooth_step, translate
from .jaw_shapes import jaw_shapes
from .tubes import tube

_ALONG: Final = 14
_AROUND: Final = 12
_TIP: Final = -81.5
_ROOT: Final = -42.0
_TOP: Final = 109.0
_OUT: Final = 35.0
_DROP: Final = 0.2
"""Share of the jaw's opening that tongueOut brings with it, so that the tongue has room between the teeth."""


def build_tongue() -> tuple[np.ndarray, list[tuple[int, ...]]]:
    """Vertices (N, 3) and polygons of the tongue's cage, closed at both ends."""
    share = np.linspace(0, 1, _ALONG)
    turn = np.arange(_AROUND) / _AROUND * 2 * np.pi
    rings = []
    for s in share:
        round_end = np.sqrt(np.maximum(1 - (1 - min(s / 0.30, 1)) ** 2, 0.03))
        half_width = (10.8 + 0.8 * s) * round_end
        half_height = (2.0 + 1.2 * s + 3.5 * s**3) * round_end**0.6
        x = half_width * np.sin(turn)
        groove = 0.8 * np.exp(-((x / 3.0) ** 2)) * (np.cos(turn) > 0) * round_end
        z = _TOP - 1.7 - 0.8 * s - 4.0 * s**3 + half_height * np.cos(turn) - groove
        y = np.full(_AROUND, _TIP + s * (_ROOT - _TIP))
        rings.append(np.column_stack([x, y, z]))
    points = np.concatenate(rings)
    return points, tube(_ALONG, _AROUND)


def tongue_shapes(points: np.ndarray) -> dict[str, np.ndarray]:
    """(N, 3) moves of the tongue: with the jaw, and out of the mouth."""
    front = smooth_step(_ROOT, _TIP + 6, points[:, 1])
    shapes = jaw_shapes(points, 0.55 + 0.18 * front, 0.6 + 0.3 * front)
    shapes["tongueOut"] = translate(front, 0, -_OUT, 0.9) + translate(front**4, 0, 0, 1.2)
    return shapes


def parting_for_tongue(jaw_open: np.ndarray) -> np.ndarray:
    """(N, 3) moves of skin and lower teeth in tongueOut: the jaw opens to make room."""
    return _DROP * jaw_open
