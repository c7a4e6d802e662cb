"""What an animator adjusts on finished curves: symmetry, single shapes, how far lips and lids are open at rest.

Every adjustment at its default gives the same curves. Lip contacts in speech are kept by all of them.
"""

from typing import Final

import numpy as np

from . import arkit
from .aperture import lip_aperture, lip_contact
from .basis import Basis
from .controls import Controls
from .curves import FaceCurves
from .eyes import BLINKS, WIDE
from .shaping import within_limits

_LIDS: Final = (*BLINKS, *WIDE)
SIDEWAYS: Final = (("jawLeft", "jawRight"), ("mouthLeft", "mouthRight"))
"""Channels that move one thing to either side: equal ones would cancel each other and still crease a rig."""

CLOSING_GAP: Final = 0.08
"""What Lip Close takes off the opening of the lips, in units of the wide open jaw: 2.7 mm on ICT-FaceKit."""
_PRESSES: Final = arkit.sides("mouthPress")
FIRM: Final[dict[str, float]] = {**dict.fromkeys(_PRESSES, 0.3), "mouthRollLower": 0.08}
"""Added to lips that touch, at a Lip Close of 1. So little roll does not count as a labiodental contact."""
PARTED: Final[dict[str, float]] = {"jawOpen": 0.05, **dict.fromkeys(arkit.sides("mouthLowerDown"), 0.15)}
"""Added to lips at rest, at a Lip Close of -1: an opening of 0.083."""


def adjust(curves: FaceCurves, speaking: np.ndarray, controls: Controls) -> FaceCurves:
    """Apply symmetry, the table of single shapes, Lip Close and Lid Open, in this order.

    Args:
        curves: shaped, of any basis; what its basis lacks is skipped.
        speaking: (frames,) 0 in a pause, 1 in speech.
        controls: symmetry, shapes, lip_close, lid_open and clamping are used.

    Returns:
        The same frames and channels, within their limits unless clamping is off; ``curves`` itself if nothing is set.
    """
    frames, basis = curves.frames, curves.basis
    symmetry, lips, lids = (controls.track(name, frames) for name in ("symmetry", "lip_close", "lid_open"))
    if not (symmetry.any() or lips.any() or lids.any() or controls.shapes):
        return curves
    values = curves.values.copy()
    contact = lip_contact(values, basis)
    _even_out(values, basis, symmetry)
    _apply_table(values, basis, contact * speaking, controls.shapes)
    if basis.has((*FIRM, *PARTED)):
        _close_lips(values, basis, contact * speaking, lips)
    if basis.has(_LIDS):
        _open_lids(values, basis, lids)
    return curves.with_values(values if controls.choice("clamping") == "Off" else within_limits(values, basis))


def _even_out(values: np.ndarray, basis: Basis, share: np.ndarray) -> None:
    gaze = {basis.channels[column] for column in basis.region("gaze")}
    sideways = {name for pair in SIDEWAYS for name in pair}
    for name, other in basis.mirrored.items():
        if name > other or name in gaze:
            continue
        left, right = (values[:, basis.index[side]].copy() for side in (name, other))
        even = np.minimum(left, right) if name in sideways else (left + right) / 2
        values[:, basis.index[name]] += share * (even - left)
        values[:, basis.index[other]] += share * (even - right)


def _apply_table(values: np.ndarray, basis: Basis, kept: np.ndarray, shapes: dict[str, tuple[float, float]]) -> None:
    sealing = {closing for closing, _ in basis.seals}
    for channel, (multiplier, offset) in shapes.items():
        if channel not in basis.index:
            continue
        before = values[:, basis.index[channel]].copy()
        after = before * multiplier + offset
        held = after
        if channel in basis.opens_lips:
            held = np.minimum(before, after)
        elif channel in basis.closes_lips or channel in sealing or channel == basis.labiodental:
            held = np.maximum(before, after)
        values[:, basis.index[channel]] = after + kept * (held - after)


def _close_lips(values: np.ndarray, basis: Basis, kept: np.ndarray, amount: np.ndarray) -> None:
    """``amount`` (frames,) -1..1; ``kept`` (frames,) contacts in speech, which never part."""
    aperture = lip_aperture(values, basis)
    closed = np.clip((0.07 - aperture) / 0.04, 0, 1)
    more, less = np.maximum(amount, 0), np.maximum(-amount, 0) * (1 - kept)
    openers = basis.columns(basis.opens_lips)
    # Pressing lips has its own part of the aperture; only what opens them is scaled.
    opening = np.maximum(values[:, openers] @ basis.lip_weights[openers], 1e-6)
    share = np.minimum(more * CLOSING_GAP, np.maximum(aperture, 0)) / opening
    values[:, openers] *= (1 - np.minimum(share, 1)).astype(np.float32)[:, None]
    for name, firm in FIRM.items():
        values[:, basis.index[name]] += more * closed * firm
    values[:, basis.columns(_PRESSES)] *= (1 - less * closed)[:, None]
    for name, part in PARTED.items():
        values[:, basis.index[name]] += less * part


def _open_lids(values: np.ndarray, basis: Basis, amount: np.ndarray) -> None:
    wider, shut = np.maximum(amount, 0)[:, None], np.maximum(-amount, 0)[:, None]
    blinks, wide = basis.columns(BLINKS), basis.columns(WIDE)
    values[:, blinks] *= 1 - wider
    values[:, wide] += (1 - values[:, wide]) * wider
    values[:, blinks] += (1 - values[:, blinks]) * shut
    values[:, wide] *= 1 - shut
