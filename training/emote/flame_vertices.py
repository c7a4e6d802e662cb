"""FLAME's vertices for expression and jaw in PyTorch, with gradients; ``face/flame/skinning.py`` is all of it."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ...face.basis import FLAME, JAW_CHANNELS, Basis
from ...face.flame.files import read_model
from ...face.flame.model import JOINTS, FlameModel, template_sha256
from ...inference.contract import EmoTalkError
from ...inference.registry import FLAME_TEMPLATE

_JAW = JOINTS.index("jaw")
_JAW_CORRECTIVES = slice(9 * (_JAW - 1), 9 * _JAW)


class FlameVertices(nn.Module):
    """The mean head's vertices; root, neck and eyes stay at rest.

    Args:
        model: FLAME.
        expressions: E, how many of its expressions are used.
        vertices: V, which ones are computed; None for all 5023.
    """

    template: Tensor
    directions: Tensor
    correctives: Tensor
    weight: Tensor
    still: Tensor
    joint: Tensor
    joint_directions: Tensor

    def __init__(self, model: FlameModel, expressions: int, vertices: Sequence[int] | None = None) -> None:
        super().__init__()
        kept = slice(None) if vertices is None else list(vertices)
        directions = model.expressions[..., :expressions]
        weight = model.weights[kept, _JAW]
        for name, array in {
            "template": model.template[kept].reshape(-1),
            "directions": directions[kept].reshape(-1, expressions).T,
            "correctives": model.correctives[kept, :, _JAW_CORRECTIVES].reshape(-1, 9).T,
            "weight": weight[:, None],
            "still": (model.weights[kept].sum(axis=1) - weight)[:, None],
            "joint": model.regressor[_JAW] @ model.template,
            "joint_directions": np.einsum("v,vak->ka", model.regressor[_JAW], directions),
        }.items():
            tensor = torch.from_numpy(np.ascontiguousarray(array, np.float32))
            self.register_buffer(name, tensor, persistent=False)

    def forward(self, motion: Tensor) -> Tensor:
        """(..., E + 3) expression and jaw to (..., V, 3) metres."""
        expression, jaw = motion[..., :-3], motion[..., -3:]
        rotation = rotations_of(jaw)
        features = (rotation - torch.eye(3, device=motion.device)).flatten(-2)
        vertices = self.template + expression @ self.directions + features @ self.correctives
        vertices = vertices.reshape(*vertices.shape[:-1], -1, 3)
        joint = (self.joint + expression @ self.joint_directions)[..., None, :]
        turned = (vertices - joint) @ rotation.transpose(-1, -2) + joint
        return self.still * vertices + self.weight * turned


def rotations_of(axis_angles: Tensor) -> Tensor:
    """(..., 3, 3) rotation matrices of (..., 3) axis-angles in radians, as FLAME's authors compute them."""
    angle = (axis_angles + 1e-8).norm(dim=-1)[..., None, None]
    x, y, z = axis_angles.unbind(dim=-1)
    zero = torch.zeros_like(x)
    cross = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], dim=-1)
    cross = cross.reshape(*x.shape, 3, 3) / angle
    unit = torch.eye(3, device=axis_angles.device)
    return unit + torch.sin(angle) * cross + (1 - torch.cos(angle)) * cross @ cross


def read_flame(path: str, basis: Basis) -> FlameModel:
    """The studio's FLAME file, for takes of a basis.

    Args:
        path: of the .pkl or .npz file, as the recipe says it.
        basis: of the takes.

    Raises:
        EmoTalkError: no file is named or it is none of FLAME's, or the takes are not FLAME's or have more expressions.
    """
    expressions = expressions_of(basis)
    if not path:
        raise EmoTalkError("The losses are measured on FLAME's vertices; name your FLAME file with --set flame=FILE")
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise EmoTalkError(f"FLAME's file {path} cannot be read: {error.strerror or error}") from None
    model = read_model(data, Path(path).name, hashlib.sha256(data).hexdigest())
    if model.expressions.shape[2] < expressions:
        raise EmoTalkError(
            f"The takes have {expressions} expressions, but {Path(path).name} has {model.expressions.shape[2]}; "
            "choose the FLAME file that they were captured with"
        )
    return model


def expressions_of(basis: Basis) -> int:
    """E of FLAME's basis. Raises EmoTalkError for any other."""
    expressions = len(basis) - len(JAW_CHANNELS)
    if not 1 <= expressions <= 100 or basis is not FLAME(expressions):
        raise EmoTalkError(
            f"The takes are {basis.name}, where FLAME's expression and jaw belong; capture FLAME, and say so in the "
            'project: basis = "flame-50"'
        )
    return expressions


def template_hash(model: FlameModel) -> dict[str, str]:
    """The hash of the mean head for the header of weights."""
    return {FLAME_TEMPLATE: template_sha256(model.template)}
