"""Low-rank weights (LoRA, Hu et al. 2021): a frozen matrix W becomes W + up down, with few columns between the two."""

from collections.abc import Iterable, Iterator
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from ..arrays import FloatArray

_WEIGHT: Final = "weight"


class LowRank(nn.Module):
    """What is added to a matrix (out, in); nothing at first."""

    def __init__(self, matrix: Tensor, rank: int) -> None:
        super().__init__()
        rows, columns = matrix.shape
        self.down = nn.Parameter(torch.randn(rank, columns) / columns**0.5)
        self.up = nn.Parameter(torch.zeros(rows, rank))

    def forward(self, matrix: Tensor) -> Tensor:
        """The matrix with its change."""
        return matrix + self.up @ self.down


def adapt(network: nn.Module, layers: Iterable[str], rank: int) -> None:
    """Give linear layers of a frozen network low-rank weights, which alone are trained.

    Args:
        network: all of it is frozen.
        layers: names of modules with a matrix (out, in) as ``weight``.
        rank: of what is added, at most the smaller side of each matrix.
    """
    network.requires_grad_(False)
    for name in layers:
        layer = network.get_submodule(name)
        matrix = layer.get_parameter(_WEIGHT)
        parametrize.register_parametrization(layer, _WEIGHT, LowRank(matrix, min(rank, *matrix.shape)))


def factors(network: nn.Module) -> Iterator[tuple[str, FloatArray, FloatArray]]:
    """Name of each adapted matrix, up (out, rank) and down (rank, in)."""
    for name, module in network.named_modules():
        if isinstance(module, LowRank):
            layer = name.removesuffix(f".parametrizations.{_WEIGHT}.0")
            yield f"{layer}.{_WEIGHT}", module.up.detach().cpu().numpy(), module.down.detach().cpu().numpy()
