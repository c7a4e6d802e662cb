"""Energy and pitch of a line, and the prosodic accents that brows and lids follow."""

from typing import Final

import numpy as np

from ...inference.sound.log_mel import PITCH_BINS
from ..arrays import FloatArray

RATE: Final = 25.0
"""Frames per second, as in ``inference.models.compact.prosody``."""

_VOICED: Final = 0.5
_SMOOTHING: Final = 3.0
"""Frames: 120 ms."""


def measure_prosody(prosody_input: FloatArray) -> FloatArray:
    """Energy and pitch, z-scored within the line.

    Args:
        prosody_input: (frames, 40) pitch salience and coarse bands.

    Returns:
        (frames, 2) energy (0 = average speech) and pitch (0 where unvoiced), within -3..3.
    """
    salience, bands = prosody_input[:, :PITCH_BINS].astype(np.float32), prosody_input[:, PITCH_BINS:].astype(np.float32)
    energy = bands.mean(axis=1)
    active = energy > np.percentile(energy, 95) - 0.8
    energy = (energy - energy[active].mean()) / max(float(energy[active].std()), 0.05)
    voiced = (salience.max(axis=1) > _VOICED) & active
    weights = np.maximum(salience - 0.8 * salience.max(axis=1, keepdims=True), 0) ** 2 + 1e-9
    pitch = (weights * np.arange(PITCH_BINS)).sum(axis=1) / weights.sum(axis=1)
    if voiced.sum() > 2:
        pitch = (pitch - np.median(pitch[voiced])) / max(float(pitch[voiced].std()), 0.5)
    measured: FloatArray = np.clip(np.stack([energy, np.where(voiced, pitch, 0)], axis=1), -3, 3).astype(np.float32)
    return measured


def measure_accents(prosody: FloatArray) -> FloatArray:
    """(frames,) 0..1 strength of the prosodic accent, from energy and pitch."""
    energy, pitch = prosody.T
    stressed = np.clip(0.55 * np.maximum(pitch, 0) + 0.35 * np.maximum(energy, 0), 0, 1.5) / 1.5
    reach = int(3 * _SMOOTHING)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / _SMOOTHING) ** 2)
    padded = np.pad(stressed, reach)
    return np.convolve(padded, kernel / kernel.sum(), "valid").astype(np.float32)
