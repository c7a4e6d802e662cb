"""How alike two performances look: the perceptual terms of EMOTE's second stage, and the user's own networks for them.

The published terms look at pictures through a lip-reading network and a video-emotion network, which are licensed by
others and are not ours to ship. Whoever has them names a function that makes one; where none is named, the geometry of
the lips and a classifier of FLAME's curves stand in (``lip_geometry.py``, ``emotion_classifier.py``).
"""

import importlib
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import torch
from torch import Tensor, nn

from ...face.flame.model import FlameModel
from ...inference.contract import EmoTalkError
from .flame_vertices import FlameVertices
from .losses import frame_mean


@dataclass(frozen=True)
class Performed:
    """A batch of performances.

    Attributes:
        motion: (B, T, E + 3) expression and jaw.
        head: FLAME with all vertices.
    """

    motion: Tensor
    head: FlameVertices

    @cached_property
    def vertices(self) -> Tensor:
        """(B, T, 5023, 3) metres, computed when somebody looks at them."""
        vertices: Tensor = self.head.to(self.motion.device)(self.motion)
        return vertices


class Perception(Protocol):
    """A perceptual term."""

    def distance(self, shown: Performed, wanted: Performed, valid: Tensor) -> Tensor:
        """How different two performances look.

        Args:
            shown: with gradients.
            wanted: what it ought to look like.
            valid: (B, T) 1 for the frames that count, else 0.

        Returns:
            (B,) 0 or more.
        """
        ...


class CosineDistance:
    """One minus the cosine between features of a network of the user's own, which is frozen.

    Args:
        network: (B, T, 5023, 3) vertices to features, (B, T, F) for each frame or (B, F) for the sequence; it renders
            them itself.
    """

    def __init__(self, network: nn.Module) -> None:
        self._network = network.eval().requires_grad_(False)

    def distance(self, shown: Performed, wanted: Performed, valid: Tensor) -> Tensor:
        """See ``Perception``; the mean over valid frames where there are features for each frame."""
        self._network.to(shown.vertices.device)
        with torch.no_grad():
            target = self._network(wanted.vertices)
        apart = 1 - torch.cosine_similarity(self._network(shown.vertices), target, dim=-1)
        return frame_mean(apart, valid) if apart.ndim == 2 else apart


def load_perception(name: str, model: FlameModel) -> CosineDistance:
    """A network of the user's own.

    Args:
        name: ``module:function`` on Python's path; the function takes the FLAME model, for its triangles and whatever
            the rendering needs, and returns the network of ``CosineDistance``.
        model: FLAME.

    Raises:
        EmoTalkError: there is no such function, or what it returns is no network.
    """
    module, colon, function = name.partition(":")
    if not colon:
        raise EmoTalkError(f"{name!r} names no network; write module:function, as in studio_networks:lip_reading")
    try:
        network = getattr(importlib.import_module(module), function)(model)
    except (ImportError, AttributeError) as error:
        raise EmoTalkError(f"The network {name} cannot be made: {error}") from None
    if not isinstance(network, nn.Module):
        raise EmoTalkError(f"{name} returns a {type(network).__name__}, where a network of PyTorch belongs")
    return CosineDistance(network)
