"""One post-norm transformer layer whose attention fades with distance, for networks that know no other positions.

The attention is written out, because ``torch.nn.TransformerEncoderLayer`` in evaluation takes a fused path that turns a
bias of floating point into a mask (https://github.com/pytorch/pytorch/issues/107084): whatever is not 0 is forbidden,
so that frames lose their neighbours and the motion shakes.
"""

import math
from typing import Final

import torch
from torch import Tensor

from .layers import Layers

_SCORES: Final = 1 << 19
"""Scores of a head that are in memory at a time."""
_MOST_QUERIES: Final = 256


def layer_shapes(width: int, feed_forward: int) -> dict[str, tuple[int, ...]]:
    """Every weight's name and shape in a ``BiasedLayer``."""
    biased: dict[str, tuple[int, ...]] = {
        "self_attention.qkv_proj": (3 * width, width),
        "self_attention.out_proj": (width, width),
        "feed_forward.intermediate_dense": (feed_forward, width),
        "feed_forward.output_dense": (width, feed_forward),
        "norms.0": (width,),
        "norms.1": (width,),
    }
    return with_biases(biased)


def with_biases(shapes: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """Names and shapes of layers as those of their weights and biases, which are as long as a weight is high."""
    named: dict[str, tuple[int, ...]] = {}
    for name, shape in shapes.items():
        named |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    return named


class BiasedLayer:
    """Self-attention with a bias by distance, and a feed-forward layer with a GELU; a layer norm after each.

    Args:
        layers: its weights, named as in ``layer_shapes``.
        heads: of the attention.
        period: frames after which the bias grows; see ``bias_by_distance``.
    """

    def __init__(self, layers: Layers, heads: int, period: int) -> None:
        self._heads, self._period = heads, period
        self._qkv_proj = layers.product("self_attention.qkv_proj")
        self._out_proj = layers.product("self_attention.out_proj")
        self._intermediate_dense = layers.product("feed_forward.intermediate_dense", gelu=True)
        self._output_dense = layers.product("feed_forward.output_dense")
        self._norms = [layers.layer_norm(f"norms.{i}") for i in range(2)]

    def forward(self, rows: Tensor) -> Tensor:
        """(T, width) to (T, width)."""
        rows = self._norms[0](rows + self._out_proj(self._attend(self._qkv_proj(rows))))
        return self._norms[1](rows + self._output_dense(self._intermediate_dense(rows)))

    def _attend(self, qkv: Tensor) -> Tensor:
        frames = len(qkv)
        queries, keys, values = qkv.view(frames, 3, self._heads, -1).permute(1, 2, 0, 3)
        queries = queries / math.sqrt(queries.shape[2])
        # Attention does not mind the order of its keys; last frame first, the bias is a view of one short vector.
        keys, values = keys.flip(1).transpose(1, 2), values.flip(1)
        fading = bias_by_distance(frames, self._heads, self._period, qkv.device)
        length = fading.shape[1]
        step = max(min(_MOST_QUERIES, _SCORES // frames), 1)
        blocks = []
        for first in range(0, frames, step):
            asking = queries[:, first : first + step]
            bias = fading.as_strided((self._heads, asking.shape[1], frames), (length, 1, 1), first)
            attended = torch.softmax(asking @ keys + bias, dim=2) @ values
            blocks.append(attended.transpose(0, 1).flatten(1))
        return torch.cat(blocks)


def bias_by_distance(frames: int, heads: int, period: int, device: torch.device) -> Tensor:
    """(heads, 2 T - 1) what is added to the score of frames that lie 1 - T ... T - 1 apart, past and future alike.

    A head loses its slope for each whole period that lies between two frames. The slopes of ALiBi (Press et al., ICLR
    2022): 2^(-8 (h + 1) / heads) for head h, heads being a power of two.
    """
    apart = torch.arange(1 - frames, frames, device=device).abs()
    slopes = torch.tensor([2.0 ** (-8 * (head + 1) / heads) for head in range(heads)], device=device)
    return -slopes[:, None] * torch.div(apart, period, rounding_mode="floor")
