"""Shaping controls on finished curves: gains, smoothing, time offset and limits. Lip contacts are kept."""

import math

import numpy as np

from .aperture import lip_contact
from .basis import Basis
from .controls import Controls
from .curves import FaceCurves
from .released_postprocessing import savitzky_golay


def shape(curves: FaceCurves, controls: Controls) -> FaceCurves:
    """Apply the shaping controls to a model's curves.

    Bilabial and labiodental contacts of the model are kept at any gain and any smoothing.

    Args:
        curves: of any basis; a gain acts on the regions that the basis has.
        controls: jaw, lip, brow and eye gains, smoothing, time offset, savitzky_golay and clamping are used.

    Returns:
        The same frames and channels, within the limits of their basis unless clamping is off.
    """
    if curves.frames == 0:
        return curves
    if controls.choice("savitzky_golay") == "On":
        # First, as in the released demo: the contacts to keep are those of its smoothed curves.
        curves = curves.with_values(savitzky_golay(curves.values))
    basis = curves.basis
    contact = lip_contact(curves.values, basis)
    values = _apply_gains(curves.values, basis, contact, controls)
    values = _smooth(values, basis, contact, controls.track("smoothing", curves.frames) / 1000 * curves.fps)
    values = shift_time(values, controls.constant("time_offset") / 1000 * curves.fps)
    if controls.choice("clamping") == "Off":
        return curves.with_values(values)
    return curves.with_values(within_limits(values, basis))


def within_limits(values: np.ndarray, basis: Basis) -> np.ndarray:
    """Rows within their limits; what seals the lips stays below what opens them, so that they never cross."""
    values = np.clip(values, basis.lowest, basis.highest)
    for closing, opening in basis.seals:
        column = basis.index[closing]
        values[:, column] = np.minimum(values[:, column], values[:, basis.index[opening]])
    return values


def shift_time(values: np.ndarray, frames: float) -> np.ndarray:
    """Move rows later (+) or earlier (-) by any number of frames, holding the first and last one."""
    if frames == 0:
        return values
    position = np.clip(np.arange(len(values)) - frames, 0, len(values) - 1)
    below = np.floor(position).astype(int)
    above = np.minimum(below + 1, len(values) - 1)
    part = (position - below)[:, None].astype(np.float32)
    return values[below] * (1 - part) + values[above] * part


def gaussian_filter(values: np.ndarray, sigma: float) -> np.ndarray:
    """Smooth rows with a zero-phase Gaussian; the edges are mirrored. ``sigma`` in rows."""
    radius = min(math.ceil(3 * sigma), len(values) - 1)
    if radius < 1:
        return values
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    kernel = (kernel / kernel.sum()).astype(values.dtype)
    padded = np.pad(values, [(radius, radius)] + [(0, 0)] * (values.ndim - 1), mode="reflect")
    smooth = np.zeros_like(values)
    for offset, weight in enumerate(kernel):
        smooth += weight * padded[offset : offset + len(values)]
    return smooth


def _apply_gains(values: np.ndarray, basis: Basis, contact: np.ndarray, controls: Controls) -> np.ndarray:
    frames = len(values)
    # The channels that seal the lips follow the jaw, so that a closed mouth stays closed.
    sealing = [closing for closing, _ in basis.seals]
    closers = basis.columns(name for name in basis.closes_lips if name not in sealing)
    sealers = basis.columns(sealing)
    openers = [column for column in basis.region("lips") if column not in (*closers, *sealers)]
    lips = controls.track("lip_gain", frames)
    # In a contact the lips may only open less and be compressed more.
    opening = lips + contact * (np.minimum(lips, 1) - lips)
    closing = lips + contact * (np.maximum(lips, 1) - lips)
    values = values.copy()
    for columns, gain in (
        (basis.region("jaw") + sealers, controls.track("jaw_gain", frames)),
        (openers, opening),
        (closers, closing),
        (basis.region("brows"), controls.track("brow_gain", frames)),
        (basis.region("lids", "cheeks"), controls.track("eye_gain", frames)),
    ):
        values[:, columns] *= gain[:, None]
    return values


def _smooth(values: np.ndarray, basis: Basis, contact: np.ndarray, sigmas: np.ndarray) -> np.ndarray:
    strongest = float(sigmas.max())
    if strongest == 0:
        return values
    smooth = gaussian_filter(values, strongest)
    smooth = values + (sigmas / strongest)[:, None] * (smooth - values)
    mouth = basis.region("jaw", "lips", "tongue")
    smooth[:, mouth] += contact[:, None] * (values[:, mouth] - smooth[:, mouth])
    return smooth
