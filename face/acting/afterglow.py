"""The soft beginning of a laugh, and the smile that stays after it.

A laugh often begins softly, 25 dB and more under what follows, and its smile fades over 1.5 to 3 s (Ruch & Ekman 2001).
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from .. import arkit
from ..basis import Basis
from ..intervals import intervals_of
from ..shaping import gaussian_filter
from .prosody import Prosody
from .pulses import raise_to, vary

GLOW: Final[Mapping[str, float]] = {
    "mouthSmile": 0.48,
    "cheekSquint": 0.40,
    "eyeSquint": 0.22,
    "mouthDimple": 0.08,
    "browOuterUp": 0.05,
}
_LAUGHING: Final = 0.3
_SHORTEST_BOUT: Final = 0.1
_LONGEST_ONSET: Final = 1.2
_LONGEST_GAP: Final = 0.12
_SOFTEST: Final = -40.0
_THROWN_DEGREES: Final = 4.0
_CALL_DEGREES: Final = 1.4


def bouts_of(laughter: np.ndarray, prosody: Prosody) -> list[tuple[float, float]]:
    """(start, end) in seconds of each laugh, its soft beginning included."""
    fps = prosody.fps
    heard = prosody.loudness > _SOFTEST
    found = []
    for first, last in intervals_of(laughter > _LAUGHING):
        if last - first < _SHORTEST_BOUT * fps:
            continue
        start, quiet = first, 0
        while start > 0 and first - start < _LONGEST_ONSET * fps and quiet <= _LONGEST_GAP * fps:
            start -= 1
            quiet = 0 if heard[start] else quiet + 1
        found.append(((start + quiet) / fps, last / fps))
    return found


def afterglow(laughter: np.ndarray, prosody: Prosody, seed: int) -> np.ndarray:
    """(frames,) 0..1: rises with the soft beginning, stays over the laugh, and fades over 1.5 to 3 s."""
    rng = np.random.default_rng([seed, 15])
    track = np.zeros(prosody.frames, np.float32)
    for start, end in bouts_of(laughter, prosody):
        fade = vary(rng, 1.5, 3.0)
        raise_to(track, prosody.fps, start + 0.35, 0.45, max(end - start - 0.35, 0), fade, vary(rng, 0.85, 1.0))
    return track


def glow_on(values: np.ndarray, basis: Basis, glow: np.ndarray, speaking: np.ndarray) -> None:
    """Keep the smile of a laugh on a face, in place: at least as far as the face shows already.

    Args:
        values: (frames, channels).
        basis: of the columns.
        glow: (frames,) 0 and up.
        speaking: (frames,) 0..1; a word leaves the mouth half of the smile.
    """
    for stem, value in GLOW.items():
        share = 1 - 0.5 * speaking if stem.startswith("mouth") else 1.0
        for name in arkit.sides(stem):
            if name in basis.index:
                column = basis.index[name]
                values[:, column] = np.maximum(values[:, column], np.minimum(glow * share * value, 1))


def laughing_head(laughter: np.ndarray, prosody: Prosody) -> np.ndarray:
    """(frames,) degrees of pitch: thrown back a little, and shaken by the calls."""
    if not laughter.any():
        return np.zeros(prosody.frames, np.float32)
    bout = gaussian_filter(np.asarray(laughter, np.float32), 0.15 * prosody.fps)
    slow = gaussian_filter(prosody.loudness, 0.15 * prosody.fps)
    calls = np.clip((gaussian_filter(prosody.loudness, 0.03 * prosody.fps) - slow) / 6, -1, 1)
    return bout * (-_THROWN_DEGREES + _CALL_DEGREES * calls)
