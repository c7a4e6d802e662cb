"""What both stages minimise, and how the second one's two tracks add up, with gradients."""

import torch
from torch import Tensor

from ...face.basis import ARKIT, Basis
from ..emote.losses import frame_mean, vertex_loss
from .batches import Batch
from .face_geometry import FaceGeometry

_JAW = ARKIT.index["jawOpen"]


def motion_losses(motion: Tensor, batch: Batch, face: FaceGeometry) -> dict[str, Tensor]:
    """The terms of a stage by name, means over the items.

    The paper's are those of coefficients (FLAME's expression) and landmarks, and in the second stage vertices. The one
    of velocities is a proposal: decoders of this kind smooth too much.

    Args:
        motion: (B, T, C) performed.
        batch: with what was captured.
        face: to measure on.
    """
    apart, valid = motion - batch.motion, batch.valid
    steps = (apart[:, 1:] - apart[:, :-1]).square().mean(dim=2)
    terms = {
        "coefficients": frame_mean(apart.square().mean(dim=2), valid),
        "landmarks": vertex_loss(face.landmarks(motion), face.landmarks(batch.motion), valid),
        "velocity": frame_mean(steps, valid[:, 1:]),
    }
    if face.vertices is not None:
        terms["vertices"] = vertex_loss(face.vertices(motion), face.vertices(batch.motion), valid)
    return {name: term.mean() for name, term in terms.items()}


def together(talk: Tensor, laugh: Tensor, basis: Basis) -> Tensor:
    """(..., C) as inference's ``laughtalk.together`` at a gain of 1, without its limits, which have no gradient."""
    values = talk + laugh
    if basis is not ARKIT:
        return values
    opened, more = talk[..., _JAW].clamp(0, 1), laugh[..., _JAW].clamp(-1, 1)
    jaw = opened + more * torch.where(more > 0, 1 - opened, opened)
    return torch.cat([values[..., :_JAW], jaw[..., None], values[..., _JAW + 1 :]], dim=-1)
