"""What the sliders do to finished curves: gains, smoothing, shift and limits. Contacts survive all of it."""

import math
from typing import Final

import numpy as np

from . import arkit
from .aperture import lip_contact
from .controls import Controls
from .curves import FaceCurves
from .released_postprocessing import savitzky_golay

_JAW: Final = arkit.indices((*arkit.REGIONS["jaw"], "mouthClose"))
_CLOSERS: Final = arkit.indices((*arkit.sides("mouthPress"), "mouthRollLower", "mouthRollUpper"))
_OPENERS: Final = [
    i for i in arkit.indices(arkit.REGIONS["lips"]) if i not in _CLOSERS and i != arkit.INDEX["mouthClose"]
]
_BROWS: Final = arkit.indices(arkit.REGIONS["brows"])
_EYES: Final = arkit.indices(arkit.REGIONS["lids"] + arkit.REGIONS["cheeks"])
_MOUTH: Final = arkit.indices(arkit.REGIONS["jaw"] + arkit.REGIONS["lips"] + arkit.REGIONS["tongue"])


def shape(curves: FaceCurves, controls: Controls) -> FaceCurves:
    """Apply the shaping controls to a model's curves.

    Wherever the model closes the lips or sets the lower lip to the teeth, the result does too, at any gain and
    any smoothing: shaping may never undo a contact.

    Args:
        curves: the 52 ARKit channels.
        controls: jaw, lip, brow and eye gains, smoothing, time offset, savitzky_golay and clamping are used.

    Returns:
        The same frames and channels, within 0..1 unless clamping is off.
    """
    if curves.frames == 0:
        return curves
    if controls.choice("savitzky_golay") == "On":
        # First, as the released demo does: the contacts to keep are those of the curves that it would deliver.
        curves = curves.with_values(savitzky_golay(curves.values))
    contact = lip_contact(curves.values)
    values = _apply_gains(curves.values, contact, controls)
    values = _smooth(values, contact, controls.track("smoothing", curves.frames) / 1000 * curves.fps)
    values = shift_time(values, controls.constant("time_offset") / 1000 * curves.fps)
    if controls.choice("clamping") == "Off":
        return curves.with_values(values)
    values = np.clip(values, 0, 1)
    close, jaw = arkit.INDEX["mouthClose"], arkit.INDEX["jawOpen"]
    values[:, close] = np.minimum(values[:, close], values[:, jaw])
    return curves.with_values(values)


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


def _apply_gains(values: np.ndarray, contact: np.ndarray, controls: Controls) -> np.ndarray:
    frames = len(values)
    lips = controls.track("lip_gain", frames)
    # Under contact the lips may open less and press harder, never the other way round.
    opening = lips + contact * (np.minimum(lips, 1) - lips)
    closing = lips + contact * (np.maximum(lips, 1) - lips)
    values = values.copy()
    for columns, gain in (
        (_JAW, controls.track("jaw_gain", frames)),
        (_OPENERS, opening),
        (_CLOSERS, closing),
        (_BROWS, controls.track("brow_gain", frames)),
        (_EYES, controls.track("eye_gain", frames)),
    ):
        values[:, columns] *= gain[:, None]
    return values


def _smooth(values: np.ndarray, contact: np.ndarray, sigmas: np.ndarray) -> np.ndarray:
    strongest = float(sigmas.max())
    if strongest == 0:
        return values
    smooth = gaussian_filter(values, strongest)
    smooth = values + (sigmas / strongest)[:, None] * (smooth - values)
    smooth[:, _MOUTH] += contact[:, None] * (values[:, _MOUTH] - smooth[:, _MOUTH])
    return smooth
