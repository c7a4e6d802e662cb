"""Weights under the names of inference's files, with the operations that they stand for, for networks with batches."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...inference.models.biased_attention import bias_by_distance
from ...inference.models.flint import BATCH_NORM_EPS
from ...inference.models.layers import LAYER_NORM_EPS
from ..arrays import FloatArray

_RUNNING = ("running_mean", "running_var")


class Weights(nn.Module):
    """A tree of parameters; running statistics of batch norms are buffers.

    Args:
        shapes: of every weight by its dotted name, as inference's ``weight_shapes`` gives them.
    """

    def __init__(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        super().__init__()
        for name, shape in shapes.items():
            *path, last = name.split(".")
            branch: nn.Module = self
            for part in path:
                if part not in branch._modules:
                    branch.add_module(part, nn.Module())
                branch = branch.get_submodule(part)
            if last in _RUNNING:
                branch.register_buffer(last, torch.full(shape, float(last == "running_var")))
            else:
                branch.register_parameter(last, nn.Parameter(_initial(name, shape, shapes)))

    def take(self, arrays: Mapping[str, FloatArray]) -> None:
        """Take over the numbers of inference's arrays of the same names."""
        self.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})

    def arrays(self) -> dict[str, FloatArray]:
        """Inference's arrays by name, float32."""
        return {name: tensor.detach().float().cpu().numpy() for name, tensor in self.state_dict().items()}

    def linear(self, name: str, rows: Tensor) -> Tensor:
        """A linear layer on the last axis."""
        return functional.linear(rows, *self.both(name))

    def layer_norm(self, name: str, rows: Tensor) -> Tensor:
        """A layer normalisation of the last axis."""
        return functional.layer_norm(rows, rows.shape[-1:], *self.both(name), LAYER_NORM_EPS)

    def batch_norm(self, name: str, image: Tensor) -> Tensor:
        """A normalisation of each channel of (B, C, T): in training by the batch, and the running statistics move."""
        mean, variance = (self.get_buffer(f"{name}.{kind}") for kind in _RUNNING)
        weight, bias = self.both(name)
        return functional.batch_norm(image, mean, variance, weight, bias, self.training, 0.1, BATCH_NORM_EPS)

    def biased_layer(self, name: str, rows: Tensor, heads: int, period: int, dropout: float = 0.0) -> Tensor:
        """The layer of ``inference.models.biased_attention``, on (B, T, width); dropout as in PyTorch's layer."""
        dropout = dropout if self.training else 0.0
        items, frames, _ = rows.shape
        qkv = self.linear(f"{name}.self_attention.qkv_proj", rows).view(items, frames, 3, heads, -1)
        queries, keys, values = qkv.permute(2, 0, 3, 1, 4)
        places = torch.arange(frames, device=rows.device)
        bias = bias_by_distance(frames, heads, period, rows.device)[:, places - places[:, None] + frames - 1]
        attended = functional.scaled_dot_product_attention(queries, keys, values, bias.to(rows.dtype), dropout)
        attended = self.linear(f"{name}.self_attention.out_proj", attended.transpose(1, 2).reshape(rows.shape))
        rows = self.layer_norm(f"{name}.norms.0", rows + functional.dropout(attended, dropout))
        inner = functional.gelu(self.linear(f"{name}.feed_forward.intermediate_dense", rows))
        inner = self.linear(f"{name}.feed_forward.output_dense", functional.dropout(inner, dropout))
        return self.layer_norm(f"{name}.norms.1", rows + functional.dropout(inner, dropout))

    def both(self, name: str) -> tuple[Tensor, Tensor]:
        """Weight and bias of a layer."""
        layer: Any = self.get_submodule(name)
        # Whatever stands there: ``torch.func.functional_call`` puts plain tensors in the place of parameters.
        weight: Tensor = layer.weight
        bias: Tensor = layer.bias
        return weight, bias


def start_at_zero(weights: Weights, name: str) -> None:
    """Let a layer's weight and bias begin with zeros."""
    with torch.no_grad():
        for tensor in weights.both(name):
            tensor.zero_()


def _initial(name: str, shape: tuple[int, ...], shapes: Mapping[str, tuple[int, ...]]) -> Tensor:
    """As PyTorch's layers begin: within one over the square root of the inputs; norms leave everything as it is."""
    layer, _, kind = name.rpartition(".")
    weight = shapes.get(f"{layer}.weight", shape)
    if len(weight) == 1:
        return torch.full(shape, float(kind == "weight"))
    inputs = weight[1] * (weight[2] if len(weight) > 2 else 1)
    return (2 * torch.rand(shape) - 1) / inputs**0.5
