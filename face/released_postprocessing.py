"""The postprocessing of the released EmoTalk demo as options: its smoothing and its blinks.

It follows the behaviour of the released code (Peng et al., ICCV 2023), where blinks are random without a seed and not
part of the network. The shapes of the blinks are the project's own.
"""

from typing import Final

import numpy as np

SAVITZKY_GOLAY_WINDOW: Final = 5
BLINK_CURVES: Final = np.array(
    [
        [0.25, 0.80, 1.00, 0.85, 0.50, 0.20, 0.05],
        [0.15, 0.60, 0.95, 1.00, 0.65, 0.30, 0.10],
        [0.35, 0.90, 0.95, 0.70, 0.35, 0.15, 0.05],
        [0.20, 0.70, 0.85, 0.75, 0.45, 0.20, 0.05],
    ],
    np.float32,
)
"""(4, 7) lid closure in each frame of four kinds of blink."""

_POSITIONS: Final = np.arange(SAVITZKY_GOLAY_WINDOW) - SAVITZKY_GOLAY_WINDOW // 2
_POWERS: Final = np.stack([_POSITIONS**0, _POSITIONS, _POSITIONS**2], axis=1).astype(np.float64)
_PARABOLA: Final = (_POWERS @ np.linalg.pinv(_POWERS)).astype(np.float32)
"""(5, 5) maps five samples to their least-squares parabola at the same five places."""

_FIRST_BLINK_SECONDS: Final = 2.0
_GAP_SECONDS: Final = (2.0, 6.0)


def savitzky_golay(values: np.ndarray) -> np.ndarray:
    """Smooth rows with a Savitzky-Golay filter of window 5 and order 2, without delay.

    The first two and the last two rows are on the parabolas of the first five and the last five: scipy's mode "interp".

    Args:
        values: (frames, columns) float32; fewer than five frames are returned unchanged.
    """
    frames, reach = len(values), SAVITZKY_GOLAY_WINDOW // 2
    if frames < SAVITZKY_GOLAY_WINDOW:
        return values
    smooth = np.empty_like(values)
    smooth[:reach] = _PARABOLA[:reach] @ values[:SAVITZKY_GOLAY_WINDOW]
    smooth[-reach:] = _PARABOLA[-reach:] @ values[-SAVITZKY_GOLAY_WINDOW:]
    smooth[reach:-reach] = sum(
        weight * values[offset : frames - SAVITZKY_GOLAY_WINDOW + 1 + offset]
        for offset, weight in enumerate(_PARABOLA[reach])
    )
    return smooth


def released_blinks(frames: int, fps: float, seed: int) -> np.ndarray:
    """Lid closure of both eyes: blinks of seven frames, uniformly 2 to 6 s apart, independent of the speech.

    Args:
        frames: how many there are.
        fps: frames per second.
        seed: whole number.

    Returns:
        (frames,) float32 within 0..1; equal input gives equal output.
    """
    rng = np.random.default_rng([seed, 4])
    lids = np.zeros(frames, np.float32)
    length = BLINK_CURVES.shape[1]
    start = _whole(rng, 0, _FIRST_BLINK_SECONDS * fps)
    while start < frames - length:
        lids[start : start + length] = BLINK_CURVES[_whole(rng, 0, len(BLINK_CURVES) - 1)]
        start += _whole(rng, *(seconds * fps for seconds in _GAP_SECONDS))
    return lids


def _whole(rng: np.random.Generator, lowest: float, highest: float) -> int:
    """A random whole number between the two, both included, from one uniform number."""
    return int(lowest) + int(rng.random() * (int(highest) - int(lowest) + 1))
