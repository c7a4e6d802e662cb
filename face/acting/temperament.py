"""What one person does differently from another: how much the upper face acts, and how unequal its sides are."""

import zlib
from collections.abc import Sequence
from typing import Final

import numpy as np

from ..basis import Basis
from ..controls import Controls
from ..styles import STYLES

_BROWS: Final = {style.name: style.brows for style in STYLES}
_SIDES: Final[dict[str, float]] = {"brow": 0.30, "eyeSquint": 0.12, "cheek": 0.18, "nose": 0.22, "mouthSmile": 0.28}
"""Largest share by which one side does more and the other less, by the beginning of a channel's name."""


def expressiveness(controls: Controls, styles: Sequence[str], frames: int) -> np.ndarray:
    """(frames,) gain of the accents by personal style: a poker face has none, expressive brows have more.

    Args:
        controls: the personal styles are used.
        styles: of the model; those that are not ours count as natural.
        frames: how many.
    """
    if not styles:
        return np.ones(frames, np.float32)
    gains = np.array([_BROWS.get(name, 1.0) ** 0.5 for name in styles], np.float32)
    return controls.style_tracks(frames, styles) @ gains


def side_gains(basis: Basis, person: str, seed: int) -> np.ndarray:
    """(channels,) 1 on average over both sides of each channel; what opens or seals the lips stays equal.

    Args:
        basis: of the face.
        person: a name; another person has other sides.
        seed: whole number.
    """
    rng = np.random.default_rng([zlib.crc32(person.encode()), seed, 12])
    leaning = {stem: 2 * float(rng.random()) - 1 for stem in _SIDES}
    gains = np.ones(len(basis), np.float32)
    for name in basis.mirrored:
        for stem, largest in _SIDES.items():
            if name.startswith(stem):
                gains[basis.index[name]] += (1 if name.endswith("Left") else -1) * largest * leaning[stem]
    return gains
