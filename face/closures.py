"""Moments that must not be lost between two frames: full lip contacts (p, b, m and f, v) and the peaks of blinks."""

from typing import Final

import numpy as np

from .aperture import CLOSED, ON_TEETH, lip_aperture
from .basis import Basis
from .curves import FaceCurves
from .eyes import BLINKS
from .intervals import intervals_of

BLINK_RISE: Final = 0.2
"""A lid that closes by less than this is no blink."""
_BLINK_SECONDS: Final = 0.2
"""How long before and after its peak a lid is still opening or closing."""


def lip_contacts(face: FaceCurves) -> np.ndarray:
    """(contacts,) the frame of each full lip contact at which it is deepest, rising; none without lip terms.

    Closed lips and the lower lip on the teeth are looked for separately: an m that goes over into an f is two contacts.
    """
    basis = face.basis
    if not basis.lip_terms or face.frames == 0:
        return np.zeros(0, int)
    depths = [CLOSED - lip_aperture(face.values, basis)]
    if basis.labiodental:
        depths.append(face.channel(basis.labiodental) - ON_TEETH)
    deepest = {start + int(np.argmax(depth[start:end])) for depth in depths for start, end in intervals_of(depth >= 0)}
    return np.array(sorted(deepest), int)


def blink_peaks(lid: np.ndarray, fps: float) -> np.ndarray:
    """(blinks,) the frames at which a lid has closed and opens again, rising.

    Args:
        lid: (frames,) closure, 0 = as the rest of the face has it, 1 = closed.
        fps: frames per second.
    """
    if len(lid) == 0:
        return np.zeros(0, int)
    padded = np.concatenate(([-np.inf], lid, [-np.inf]))
    peaks = np.flatnonzero((padded[1:-1] > padded[:-2]) & (padded[1:-1] >= padded[2:]))
    reach = max(round(_BLINK_SECONDS * fps), 1)
    return np.array(
        [
            peak
            for peak in peaks
            if lid[peak] - lid[max(peak - reach, 0) : peak + 1].min() >= BLINK_RISE
            and lid[peak] - lid[peak : peak + reach + 1].min() >= BLINK_RISE
        ],
        int,
    )


def lid_channels(basis: Basis) -> tuple[str, ...]:
    """The channels of a face or of eyes that close a lid."""
    return tuple(name for name in (*BLINKS, *BLINKS.values()) if name in basis.index)


def lip_channels(basis: Basis) -> tuple[str, ...]:
    """The channels that take part in a lip contact."""
    return tuple(dict.fromkeys((*basis.opens_lips, *basis.closes_lips, *filter(None, [basis.labiodental]))))


def kept_frames(face: FaceCurves) -> dict[str, np.ndarray]:
    """Channel -> the frames that must have a key; channels without any are left out."""
    contacts = lip_contacts(face)
    kept = dict.fromkeys(lip_channels(face.basis), contacts)
    kept.update({channel: blink_peaks(face.channel(channel), face.fps) for channel in lid_channels(face.basis)})
    return {channel: frames for channel, frames in kept.items() if len(frames)}
