"""Laughter: the expression that a laugh in the sound adds, and how much it reduces the mouth shapes of speech.

A Duchenne smile (cheeks and corners) stays over the whole bout while the jaw follows its calls, about five a second
(Ruch and Hofmann on the face, Provine on the calls). Numbers are the project's own proposal. Every frame
depends on a bounded time to both sides (``REACH_SECONDS``), so that windows of a line can be processed separately.
"""

from typing import Final

import numpy as np

from . import arkit
from .intervals import intervals_of

ATTACK: Final = 0.20
RELEASE: Final = 0.50
"""Seconds: the face starts before the first call and fades after the last one."""

CALL_REACH: Final = 0.20
"""Seconds to both sides in which the softest moment near a call is searched: the spacing of the calls."""

REACH_SECONDS: Final = max(ATTACK, RELEASE, CALL_REACH)

LEAST_SECONDS: Final = 0.5
"""A shorter sound is hardly a laugh; two calls take so long."""

SURE: Final = 0.9
SURE_SECONDS: Final = 0.1
"""A laugh is as likely as ``SURE`` for so long in all ..."""

POSSIBLE: Final = 0.3
"""... and reaches as far as it is as likely as this."""

LONGEST_PAUSE: Final = 0.6
"""Seconds between calls of one laugh, and the breath between them."""

SPEECH_KEEPS: Final = 0.4
"""Share of the mouth shapes of speech that is kept under a full laugh; the rest of the face keeps everything."""

_SHALLOWEST_CALL: Final = 0.15
"""Calls whose loudness rises by less than this move the jaw by less than a full pulse."""

_STAYS: Final[dict[str, float]] = {
    "mouthSmile": 0.55,
    "cheekSquint": 0.45,
    "eyeSquint": 0.25,
    "mouthUpperUp": 0.15,
    "mouthLowerDown": 0.10,
    "mouthDimple": 0.10,
    "browInnerUp": 0.06,
    "browOuterUp": 0.05,
    "noseSneer": 0.05,
    "jawOpen": 0.05,
}
_GROWS: Final[dict[str, float]] = {
    "mouthSmile": 0.30,
    "cheekSquint": 0.40,
    "eyeSquint": 0.30,
    "mouthUpperUp": 0.18,
    "mouthLowerDown": 0.15,
    "browInnerUp": 0.04,
    "noseSneer": 0.10,
    "jawOpen": 0.10,
}
_PULSES: Final[dict[str, float]] = {"jawOpen": 0.20, "mouthLowerDown": 0.05}


STAYS: Final = arkit.row(_STAYS)
GROWS: Final = arkit.row(_GROWS)
PULSES: Final = arkit.row(_PULSES)
"""(52,) coefficients of any laugh over the whole bout, those that a loud one adds, and those of each call's peak."""

_FADES: Final = np.array(
    [name.startswith(("mouth", "tongue")) and "Smile" not in name for name in arkit.CHANNELS], np.float32
) * (1 - SPEECH_KEEPS)


def layer_laughter(
    values: np.ndarray, laughing: np.ndarray, calls: np.ndarray, gain: np.ndarray, fps: float
) -> np.ndarray:
    """Add laughter to a face. Apply lip contacts afterwards, so that a word spoken with a laugh keeps them.

    Args:
        values: (frames, 52) coefficients before contacts.
        laughing: (frames,) laughter in the sound, 0 = none, 1 = certain.
        calls: (frames,) 0..1 loudness, linear in decibels.
        gain: (frames,) 0 and up; 0 leaves the face as it is, 1 is as strong as in the sound.
        fps: frames per second.

    Returns:
        (frames, 52) within 0..1 where ``values`` are; ``values`` itself if there is no laughter.
    """
    if not laughing.any():
        return values
    bout = spread(laughing, fps)
    loudness = spread(laughing * calls, fps)
    pulse = pulses(calls, fps) * laughing * loudness
    added = bout[:, None] * STAYS + loudness[:, None] * GROWS + pulse[:, None] * PULSES
    added = np.minimum(gain[:, None] * added, 1)
    kept = values * (1 - (np.minimum(gain, 1) * bout)[:, None] * _FADES)
    return (kept + added * (1 - kept)).astype(np.float32)


def join_laughs(
    chance: np.ndarray,
    fps: float,
    least: float = LEAST_SECONDS,
    certain: np.ndarray | None = None,
    certain_seconds: float = SURE_SECONDS,
) -> list[tuple[int, int]]:
    """Laughs in the chance of laughter, by two thresholds, so that a soft beginning belongs to its laugh.

    Args:
        chance: (frames,) 0..1.
        fps: frames per second.
        least: seconds; a shorter laugh is none.
        certain: (frames,) bool, where somebody certainly laughs; by default where the chance is above ``SURE``.
        certain_seconds: for how long in all a laugh must be certain.

    Returns:
        Their first frame and the one after the last; pauses between calls belong to them.
    """
    certain = chance > SURE if certain is None else certain
    laughing = np.zeros(len(chance), bool)
    for first, last in intervals_of(chance > POSSIBLE):
        laughing[first:last] = np.count_nonzero(certain[first:last]) >= certain_seconds * fps
    for first, last in intervals_of(~laughing):
        if first > 0 and last < len(chance) and last - first <= LONGEST_PAUSE * fps:
            laughing[first:last] = True
    return [(first, last) for first, last in intervals_of(laughing) if last - first >= least * fps]


def spread(laughing: np.ndarray, fps: float) -> np.ndarray:
    """(frames,) 0..1 strength of the laugh on the face: rises before the first call and falls after the last one."""
    before, after = round(ATTACK * fps), round(RELEASE * fps)
    padded = np.pad(np.asarray(laughing, np.float32), (after, before))
    bout = np.zeros(len(laughing), np.float32)
    for offset in range(-before, after + 1):
        share = 1 - offset / (after + 1) if offset > 0 else 1 + offset / (before + 1)
        eased = share * share * (3 - 2 * share)
        bout = np.maximum(bout, padded[after - offset :][: len(bout)] * np.float32(eased))
    return bout


def pulses(calls: np.ndarray, fps: float) -> np.ndarray:
    """(frames,) 0..1: 1 at the peak of each call, 0 between calls, at any loudness."""
    low = _furthest(calls, round(CALL_REACH * fps), np.minimum)
    high = _furthest(calls, round(CALL_REACH * fps), np.maximum)
    return (calls - low) / np.maximum(high - low, _SHALLOWEST_CALL)


def _furthest(values: np.ndarray, reach: int, choose: np.ufunc) -> np.ndarray:
    """The largest or smallest value within ``reach`` frames to both sides."""
    padded = np.pad(np.asarray(values, np.float32), reach, mode="edge")
    return choose.reduce(np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1), axis=1)
