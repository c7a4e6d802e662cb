"""What can be said of the captured curves of a take, in figures."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from ...face.basis import Basis
from ...face.closures import blink_peaks, lip_contacts
from ...face.curves import FaceCurves
from ...face.eyes import BLINKS
from ..arrays import BoolArray, FloatArray
from .faults import frozen_stretches, speaking
from .sync import RATE, opening
from .take import Take

DEAD: Final = 0.01
"""A bounded channel that never moves by so much of its range is dead; an unbounded one that does not move at all."""
_UNPAIRED: Final = ("jawLeft", "jawRight", "mouthLeft", "mouthRight")
"""Left and right of these are never up together, nor are those of the gaze."""
_UNEVEN: Final = 3.0
"""The livelier side of a pair over the other one."""
_UNRELATED: Final = 0.3
"""Correlation of a pair; faces are lopsided, but both sides speak."""
_LEAST_MOTION: Final = 0.03
"""Standard deviation below which a pair says nothing about sides."""


@dataclass(frozen=True)
class FaceFigures:
    """Of one take.

    Attributes:
        frames: how many there are.
        dropped: frames that the recorder skipped; they were filled.
        frozen: seconds in which the face stands still while somebody speaks.
        lowest: (channels,) of each channel, before it is kept within its limits.
        highest: likewise.
        outside: share of all values beyond the limits.
        uneven: names of pairs whose sides move differently: one hardly, or each on its own.
        is_symmetric: whether left and right are the same throughout.
        closures: full lip contacts; None if the basis does not know its lips.
        blinks: None if the basis has no lids.
        rest: how far the mouth is open in silence, a share of how far it is in speech; both are .9 quantiles.
        rest_motion: how fast the mouth opens and closes in silence, a share of how fast it does in speech.
    """

    frames: int
    dropped: int
    frozen: float
    lowest: FloatArray
    highest: FloatArray
    outside: float
    uneven: tuple[str, ...]
    is_symmetric: bool
    closures: int | None
    blinks: int | None
    rest: float
    rest_motion: float


def face_figures(take: Take, raw: FloatArray, dropped: int) -> FaceFigures:
    """The figures of a take.

    Args:
        take: as it was read.
        raw: (frames, channels) before they were kept within the limits.
        dropped: frames that were filled.
    """
    curves, basis = take.curves, take.curves.basis
    lids = [name for name in BLINKS if name in basis.index]
    rest, rest_motion = _rest(take)
    return FaceFigures(
        curves.frames,
        dropped,
        sum(frozen_stretches(take)),
        raw.min(axis=0),
        raw.max(axis=0),
        float(((raw < basis.lowest - 1e-6) | (raw > basis.highest + 1e-6)).mean()),
        tuple(_uneven_pairs(curves)),
        _is_symmetric(curves),
        len(lip_contacts(curves)) if basis.lip_terms else None,
        len(blink_peaks(curves.channel(lids[0]), curves.fps)) if lids else None,
        rest,
        rest_motion,
    )


def dead_channels(basis: Basis, lowest: FloatArray, highest: FloatArray) -> tuple[str, ...]:
    """The channels that never move, by the lowest and highest values of all takes."""
    span = basis.highest.astype(np.float64) - basis.lowest
    least = np.where(np.isfinite(span), DEAD * span, 0.0)
    return tuple(
        name for name, moved, limit in zip(basis.channels, highest - lowest, least, strict=True) if moved <= limit
    )


def pairs_of(basis: Basis) -> list[tuple[str, str]]:
    """(left, right) channels whose sides move together on a sound face."""
    unpaired = {*_UNPAIRED, *basis.regions.get("gaze", ())}
    return [(a, b) for a, b in basis.mirrored.items() if a < b and a not in unpaired]


def _uneven_pairs(curves: FaceCurves) -> Iterable[str]:
    for left, right in pairs_of(curves.basis):
        a, b = curves.channel(left).astype(np.float64), curves.channel(right).astype(np.float64)
        small, large = sorted((float(a.std()), float(b.std())))
        if large < _LEAST_MOTION:
            continue
        if small * _UNEVEN < large or np.corrcoef(a, b)[0, 1] < _UNRELATED:
            yield f"{left} and {right}"


def _is_symmetric(curves: FaceCurves) -> bool:
    pairs = pairs_of(curves.basis)
    left, right = (
        (curves.values[:, curves.basis.columns(names)] for names in zip(*pairs, strict=True))
        if pairs
        else (
            np.zeros(1),
            np.ones(1),
        )
    )
    return bool(np.ptp(left) > 0 and np.abs(left - right).mean() < 1e-3 * np.ptp(left))


def _rest(take: Take) -> tuple[float, float]:
    """See ``FaceFigures.rest`` and ``rest_motion``."""
    curves = take.curves
    speech = speaking(take.speech)
    places = np.minimum((curves.times * RATE).astype(int), len(speech) - 1)
    talks = _widened(speech)[places]
    silent, spoken = ~talks, speech[places]
    if not silent.any() or not spoken.any():
        return 0.0, 0.0
    mouth = opening(curves)
    mouth = mouth - np.percentile(mouth, 1)
    motion = np.abs(np.diff(mouth, prepend=mouth[:1]))
    wide, moved = float(np.percentile(mouth[spoken], 90)), float(motion[spoken].mean())
    return (
        float(np.percentile(mouth[silent], 90)) / wide if wide > 0 else 0.0,
        float(motion[silent].mean()) / moved if moved > 0 else 0.0,
    )


def _widened(speech: BoolArray) -> BoolArray:
    """Speech and the quarter second around it, in which the mouth may still move."""
    return np.convolve(speech, np.ones(round(RATE / 2) + 1), "same") > 0
