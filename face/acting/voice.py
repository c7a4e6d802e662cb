"""What the voice alone drives: how strong an emotion is, how far the jaw opens, and the jaw where phones are unsure."""

from typing import Final

import numpy as np

from ..basis import Basis
from ..shaping import gaussian_filter
from .prosody import Prosody

_EMOTION: Final = 0.35
_JAW: Final = 0.30
_QUIET_DB: Final = -22.0
_LOUD_DB: Final = 2.0
_JAW_OF_LOUDNESS: Final = 0.30
"""Opening of the jaw at the loudest speech."""


def emotion_gain(prosody: Prosody, gain: np.ndarray) -> np.ndarray:
    """(frames,) factor of the emotion by arousal: 1 for the speaker's usual voice."""
    return 1 + _EMOTION * gain * prosody.arousal


def open_by_effort(values: np.ndarray, basis: Basis, prosody: Prosody, free: np.ndarray, gain: np.ndarray) -> None:
    """Open the jaw further in a raised voice and less in a soft one, in place.

    Args:
        values: (frames, channels).
        basis: of the columns.
        prosody: of the line.
        free: (frames,) 0 in a lip contact, 1 without.
        gain: (frames,) 0 and up.
    """
    scale = 1 + _JAW * gain * prosody.arousal * free
    values[:, _jaw(basis)] *= scale.astype(np.float32)[:, None]


def open_by_loudness(values: np.ndarray, basis: Basis, prosody: Prosody, free: np.ndarray, share: np.ndarray) -> None:
    """Let the jaw follow the loudness instead of the network, in place.

    Args:
        values: (frames, channels).
        basis: of the columns.
        prosody: of the line.
        free: (frames,) 0 in a lip contact, 1 without.
        share: (frames,) 0 keeps the network's jaw, 1 takes the loudness alone.
    """
    loud = np.clip((prosody.loudness - _QUIET_DB) / (_LOUD_DB - _QUIET_DB), 0, 1)
    opening = _JAW_OF_LOUDNESS * gaussian_filter(loud.astype(np.float32) ** 2, 0.03 * prosody.fps)
    part = (share * free).astype(np.float32)[:, None]
    jaw = _jaw(basis)
    values[:, jaw] += part * (opening[:, None] - values[:, jaw])


def _jaw(basis: Basis) -> list[int]:
    return [column for column in basis.region("jaw") if basis.channels[column] in basis.opens_lips]
