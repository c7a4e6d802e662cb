"""How well whole held-out takes are performed: the error of the lips, in laughs and in speech; and the residual."""

from collections.abc import Sequence

import numpy as np
import torch

from ...face.capture_metrics import vertex_error
from ...face.landmarks import LIPS
from ..arrays import BoolArray, FloatArray
from ..comparison import SCORE
from .face_geometry import FaceGeometry
from .prepared_takes import PreparedTake

_MILLIMETRES = 1e3
_LEAST_ENERGY = 1e-12


def lip_errors(face: FaceGeometry, takes: Sequence[PreparedTake], performed: Sequence[FloatArray]) -> dict[str, float]:
    """The score and the error of the lips (LVE, millimetres), and if somebody laughs, also in laughs and in speech.

    Args:
        face: to measure on.
        takes: with what was captured.
        performed: (T, C) of each of them.
    """
    true = np.concatenate([_lips(face, take.motion) for take in takes])
    guess = np.concatenate([_lips(face, motion) for motion in performed])
    laughing = laughing_mask(takes)
    error = float(vertex_error(true, guess)[0])
    figures = {SCORE: error, "lve_mm": error}
    for name, frames in (("lve_laughs_mm", laughing), ("lve_speech_mm", ~laughing)):
        if laughing.any() and frames.any():
            figures[name] = float(vertex_error(true[frames], guess[frames])[0])
    return figures


def residual_in_speech(takes: Sequence[PreparedTake], residuals: Sequence[FloatArray]) -> dict[str, float]:
    """The energy of a frame of the residual in speech, as a share of that in laughs; nothing without either."""
    laughing = laughing_mask(takes)
    energy = np.concatenate([np.square(residual).mean(axis=1) for residual in residuals])
    if not laughing.any() or laughing.all():
        return {}
    return {"residual_in_speech": float(energy[~laughing].mean() / max(energy[laughing].mean(), _LEAST_ENERGY))}


def laughing_mask(takes: Sequence[PreparedTake]) -> BoolArray:
    """(frames of all takes,) whether the actor laughs."""
    masks = []
    for take in takes:
        mask = np.zeros(len(take.motion), bool)
        for first, last in take.laughs:
            mask[first:last] = True
        masks.append(mask)
    return np.concatenate(masks)


def _lips(face: FaceGeometry, motion: FloatArray) -> FloatArray:
    """(T, 20, 3) millimetres."""
    rows = torch.from_numpy(motion).to(next(face.buffers()).device)
    with torch.no_grad():
        return np.asarray(_MILLIMETRES * face.landmarks(rows)[:, list(LIPS)].cpu().numpy())
