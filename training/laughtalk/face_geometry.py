"""Landmarks and vertices of a captured face with gradients, in metres: of FLAME, or of the built-in head for ARKit."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from ...face import landmarks
from ...face.basis import ARKIT, Basis
from ...face.flame.model import VERTICES, FlameModel
from ...face.sample_head import build_sample_head
from ...face.sample_head.landmarks import sample_landmarks
from ...inference.contract import EmoTalkError
from ..emote.flame_vertices import FlameVertices, expressions_of, read_flame


class FaceGeometry(nn.Module):
    """The 68 landmarks of a face, and every so many of its vertices.

    Args:
        basis: of the motion.
        model: FLAME, where the basis is FLAME's.
        vertex_step: every so many vertices; 0 for none.
    """

    def __init__(self, basis: Basis, model: FlameModel | None, vertex_step: int = 0) -> None:
        super().__init__()
        if model is not None:
            expressions = expressions_of(basis)
            self.landmarks: nn.Module = FlameVertices(model, expressions, landmarks.FLAME)
            self.vertices: nn.Module | None = None
            if vertex_step:
                self.vertices = FlameVertices(model, expressions, range(0, VERTICES, vertex_step))
        else:
            skin = build_sample_head().parts["skin"]
            self.landmarks = _ShapeKeys(sample_landmarks())
            self.vertices = _ShapeKeys(range(0, len(skin.vertices), vertex_step)) if vertex_step else None


class _ShapeKeys(nn.Module):
    """Vertices of the built-in head's skin, which its 52 shapes move in straight lines."""

    rest: Tensor
    moves: Tensor

    def __init__(self, vertices: Sequence[int] | np.ndarray) -> None:
        super().__init__()
        skin, numbers = build_sample_head().parts["skin"], list(vertices)
        still = np.zeros((len(numbers), 3), np.float32)
        moves = [skin.shapes[name][numbers] if name in skin.shapes else still for name in ARKIT.channels]
        self.register_buffer("rest", torch.from_numpy(skin.vertices[numbers].reshape(-1)), persistent=False)
        self.register_buffer("moves", torch.from_numpy(np.stack(moves).reshape(len(moves), -1)), persistent=False)

    def forward(self, motion: Tensor) -> Tensor:
        """(..., 52) coefficients to (..., V, 3) metres."""
        moved = self.rest + motion @ self.moves
        return moved.reshape(*motion.shape[:-1], -1, 3)


def read_model(path: str, basis: Basis) -> FlameModel | None:
    """The FLAME file that a recipe names, or None for the 52 of ARKit.

    Raises:
        EmoTalkError: the basis is neither, or its FLAME file is missing or does not fit.
    """
    if basis is ARKIT:
        return None
    if "expression" not in basis.regions:
        raise EmoTalkError(
            f"The takes are {basis.name}; LaughTalk learns the 52 of ARKit, or FLAME's expression and jaw: say so in "
            'the project, basis = "arkit" or "flame-50"'
        )
    return read_flame(path, basis)
