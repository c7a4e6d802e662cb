"""The beginning and the end of a line: a face comes out of rest before the sound and goes back to it afterwards.

Curves stop with the sound. A face that kept its last frame would smile, squint or hold a blink until the next line.
"""

from typing import Final

import numpy as np

from .curves import FaceCurves, Performance
from .eyes import BLINKS

BLINK_SECONDS: Final = 0.2
"""A blink at the edge of a line takes no longer than this, however long the rest of the face takes."""


def settle(performance: Performance, seconds: float) -> Performance:
    """Add frames before and after a performance in which every channel moves from rest (0) and back to it.

    Args:
        performance: of one line.
        seconds: how long each of the two takes; 0 adds nothing.

    Returns:
        ``lead_frames`` more frames before the first and after the last one. The first and the last frame are at rest.
    """
    frames = lead_frames(seconds, performance.face.fps)
    if frames == 0 or performance.face.frames == 0:
        return performance
    blink = lead_frames(min(seconds, BLINK_SECONDS), performance.face.fps)
    return Performance(
        _settled(performance.face, frames, blink),
        _settled(performance.head, frames, blink),
        _settled(performance.eyes, frames, blink),
        performance.clamped,
    )


def lead_frames(seconds: float, fps: float) -> int:
    """How many frames ``settle`` adds on each side."""
    return round(seconds * fps)


def _settled(curves: FaceCurves, frames: int, blink_frames: int) -> FaceCurves:
    blinks = [name in (*BLINKS, *BLINKS.values()) for name in curves.channels]
    share = np.where(blinks, _ease(frames, blink_frames)[:, None], _ease(frames, frames)[:, None]).astype(np.float32)
    parts = share * curves.values[:1], curves.values, share[::-1] * curves.values[-1:]
    return curves.with_values(np.concatenate(parts))


def _ease(frames: int, within: int) -> np.ndarray:
    """(frames,) from 0 towards 1, slow at both ends; all of it within the last ``within`` frames."""
    share = np.clip((np.arange(frames) - (frames - within)) / max(within, 1), 0, 1)
    return share * share * (3 - 2 * share)
