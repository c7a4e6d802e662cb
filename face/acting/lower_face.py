"""The lower face: levels as captured faces have them, chin and corners that answer, lips that stay together at rest.

Against eleven captured takes, the lips of designed curves press and roll 6 to 19 times as far, and smile, part and
round with 0.4 to 0.7 of the speed; frown and shrugs never move. Lip contacts stay whole throughout.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from .. import arkit
from ..aperture import CLOSED, ON_TEETH, lip_aperture
from ..basis import Basis
from ..shaping import gaussian_filter
from .prosody import Prosody
from .pulses import raise_to, vary

CAPTURED: Final[Mapping[str, tuple[float, float]]] = {
    "mouthPress": (0.12, 0.35),
    "mouthRollLower": (0.15, 0.62),
    "mouthRollUpper": (0.30, 0.45),
    "mouthLowerDown": (1.35, 1.0),
    "mouthUpperUp": (1.25, 1.0),
    "mouthFunnel": (1.6, 1.0),
    "mouthSmile": (1.35, 1.0),
}
"""Gain of each stem away from lip contacts, and in them."""

CORNERS: Final[Mapping[str, float]] = {"mouthFrown": 0.16, "mouthShrugLower": 0.13, "mouthShrugUpper": 0.10}
"""What answers a closure of the lips: the chin lifts the lower lip, the corners are held down."""
_ENDS: Final[Mapping[str, float]] = {"mouthShrugLower": 0.10, "mouthFrown": 0.10, "mouthShrugUpper": 0.08}
"""What a phrase ends with, at its largest."""
_SMILE_OVER_FROWN: Final = 3.0
_STRESSED: Final[Mapping[str, float]] = {"mouthFrown": 0.09, "mouthDimple": 0.07}

LIGHTLY_PARTED: Final = 0.03
"""The opening of the lips that an ordinary mood may add in a pause, in units of the wide open jaw."""


def captured_levels(values: np.ndarray, basis: Basis, contact: np.ndarray, gain: np.ndarray) -> None:
    """Bring the lips' channels to captured levels, in place.

    Args:
        values: (frames, channels).
        basis: of the columns.
        contact: (frames,) lip contact, 0..1.
        gain: (frames,) 0..1.
    """
    for stem, (free, held) in CAPTURED.items():
        columns = basis.columns(name for name in arkit.sides(stem) if name in basis.index)
        level = free + contact * (held - free)
        values[:, columns] *= (1 + gain * (level - 1)).astype(np.float32)[:, None]


def answers(values: np.ndarray, prosody: Prosody, basis: Basis, contact: np.ndarray, seed: int) -> np.ndarray:
    """(frames, channels) what chin, frown and corners add; nothing of it opens the lips.

    Args:
        values: (frames, channels) of the face; corners that smile are not held down.
        prosody: of the line.
        basis: of the face.
        contact: (frames,) lip contact in speech, 0..1.
        seed: whole number.
    """
    rng = np.random.default_rng([seed, 14])
    frames, fps = prosody.frames, prosody.fps
    ends, stressed = np.zeros(frames, np.float32), np.zeros(frames, np.float32)
    for start, end in prosody.phrases:
        if end - start > 0.4:
            raise_to(ends, fps, end + 0.15, 0.3, 0.1, vary(rng, 0.4, 0.8), vary(rng, 0.1, 1.0))
    for stress in prosody.stresses:
        height = (0.3 + 0.7 * stress.strength) * vary(rng, 0, 1)
        raise_to(stressed, fps, stress.second + 0.08, 0.2, 0.05, vary(rng, 0.3, 0.6), height)
    closing = gaussian_filter(contact.astype(np.float32), 0.04 * fps)
    added = np.zeros((frames, len(basis)), np.float32)
    for track, row in ((closing, CORNERS), (ends, _ENDS), (stressed * (1 - contact), _STRESSED)):
        for stem, value in row.items():
            for name in arkit.sides(stem):
                if name in basis.index:
                    added[:, basis.index[name]] += value * track
    for frown, smile in zip(arkit.sides("mouthFrown"), arkit.sides("mouthSmile"), strict=True):
        if basis.has((frown, smile)):
            smiling = gaussian_filter(values[:, basis.index[smile]], 0.2 * fps)
            added[:, basis.index[frown]] *= np.clip(1 - _SMILE_OVER_FROWN * smiling, 0, 1)
    return added


def hold_lips(values: np.ndarray, neutral: np.ndarray, basis: Basis, held: np.ndarray, parting: np.ndarray) -> None:
    """Take what a mood parts the lips by down to lightly parted, in place.

    Args:
        values: (frames, channels) with the emotion.
        neutral: the same without it.
        basis: of the columns.
        held: (frames,) how much of the excess is taken off, 0..1.
        parting: (frames,) 0 for an ordinary mood, 1 for one so strong that the mouth may open.
    """
    openers = basis.columns(basis.opens_lips)
    added = np.maximum(values[:, openers] - neutral[:, openers], 0)
    opening = np.maximum(added @ basis.lip_weights[openers], 1e-6)
    excess = np.clip(1 - LIGHTLY_PARTED / opening, 0, 1) * held * (1 - parting)
    values[:, openers] -= (excess[:, None] * added).astype(np.float32)


def keep_contacts(values: np.ndarray, before: np.ndarray, basis: Basis) -> None:
    """Make lip contacts whole again, in place: lips that were closed are, and a lip that was on the teeth is.

    Args:
        values: (frames, channels).
        before: the same before lips were changed.
        basis: of the columns.
    """
    was, now = lip_aperture(before, basis), lip_aperture(values, basis)
    parted = (was <= CLOSED) & (now > CLOSED)
    # The lips go back as far as it takes; seals stay whole, for both ends of the way have them.
    back = np.where(parted, (now - CLOSED) / np.where(parted, now - was, 1), 0).astype(np.float32)
    columns = np.flatnonzero(basis.lip_weights)
    values[:, columns] += back[:, None] * (before[:, columns] - values[:, columns])
    if basis.labiodental:
        column = basis.index[basis.labiodental]
        values[:, column] = np.maximum(values[:, column], np.minimum(before[:, column], ON_TEETH))
