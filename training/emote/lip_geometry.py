"""The geometry of the lips: the stand-in where there is no lip-reading network."""

from typing import Final

import numpy as np
import torch
from torch import Tensor

from ...face import arkit, landmarks
from ...face.flame.arkit_shapes import solve_arkit_shapes
from ...face.flame.model import FlameModel
from ...face.visemes import VISEMES, pose_row
from ..arrays import FloatArray
from .flame_vertices import FlameVertices
from .losses import frame_mean
from .perception import Performed

UPPER: Final = (61, 62, 63)
LOWER: Final = (67, 66, 65)
"""Landmarks of the inner lips that lie above each other."""
_REST: Final = "sil"
_UP: Final = 1
_CLOSED: Final = 2.0
"""Millimetres within which lips count as nearly closed."""
_CLOSURE: Final = 8.0
"""How much more an error of the gap weighs where lips are closed: readers of lips see a missed contact first."""


class LipGeometry:
    """The distance between two mouths in square millimetres, from two things that show what is said.

    - The gap between the inner lips, at three places; it weighs more where the lips ought to be closed.
    - How far the mouth is from its mean over the clip towards the pose of each viseme. A smile that is held through the
      clip moves the mean, so emotions count little here.

    Args:
        model: FLAME.
        expressions: E of the motion.
        poses: (visemes, 20, 3) metres, how the lip landmarks move from rest to each viseme; see ``viseme_poses``.
    """

    def __init__(self, model: FlameModel, expressions: int, poses: FloatArray) -> None:
        self._mouth = FlameVertices(model, expressions, [landmarks.FLAME[mark] for mark in landmarks.LIPS])
        self._upper, self._lower = ([mark - landmarks.LIPS[0] for mark in marks] for marks in (UPPER, LOWER))
        flat = poses.reshape(len(poses), 3 * len(landmarks.LIPS))
        units = flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-9)
        self._visemes = torch.from_numpy(units.T.astype(np.float32))

    def mouth(self, motion: Tensor) -> Tensor:
        """(..., E + 3) expression and jaw to (..., 20, 3) lip landmarks in millimetres."""
        mouth: Tensor = 1e3 * self._mouth.to(motion.device)(motion)
        return mouth

    def gaps(self, mouth: Tensor) -> Tensor:
        """(..., 20, 3) to (..., 3) heights between the inner lips in millimetres."""
        return mouth[..., self._upper, _UP] - mouth[..., self._lower, _UP]

    def visemes(self, mouth: Tensor, valid: Tensor) -> Tensor:
        """(B, T, 20, 3) to (B, T, visemes) millimetres from the clip's mean mouth towards each viseme."""
        mouth = mouth.flatten(2)
        mean = (mouth * valid[..., None]).sum(dim=1) / valid.sum(dim=1, keepdim=True).clamp(min=1)
        towards: Tensor = (mouth - mean[:, None]) @ self._visemes.to(mouth)
        return towards

    def gap_error(self, mouth: Tensor, wanted: Tensor) -> Tensor:
        """(..., 20, 3) mouths to (...) square millimetres between their gaps, where they ought to be closed more."""
        gap, wanted_gap = self.gaps(mouth), self.gaps(wanted)
        weight = 1 + _CLOSURE * torch.exp(-(wanted_gap / _CLOSED).clamp(min=0).square())
        return (weight * (gap - wanted_gap).square()).mean(dim=-1)

    def distance(self, shown: Performed, wanted: Performed, valid: Tensor) -> Tensor:
        """See ``Perception``."""
        mouth, wanted_mouth = self.mouth(shown.motion), self.mouth(wanted.motion)
        gap_error = self.gap_error(mouth, wanted_mouth)
        pose_error = self.visemes(mouth, valid) - self.visemes(wanted_mouth, valid)
        return frame_mean(gap_error + pose_error.square().mean(dim=2), valid)


def viseme_poses(model: FlameModel) -> FloatArray:
    """(14, 20, 3) metres: how the lip landmarks of this FLAME move for each viseme but silence; takes seconds."""
    moves = solve_arkit_shapes(model).moves
    lips = [landmarks.FLAME[mark] for mark in landmarks.LIPS]
    channels = np.stack([moves[name][lips] if name in moves else np.zeros((len(lips), 3)) for name in arkit.CHANNELS])
    rows = np.stack([pose_row(pose) for name, pose in VISEMES.items() if name != _REST])
    return np.tensordot(rows, channels, axes=1)
