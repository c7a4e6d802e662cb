"""The residual network of LaughTalk Compact in PyTorch; in NumPy it is ``inference/models/laughtalk_compact.py``."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...inference.models.laughtalk_compact import OUTPUTS

TAPS = 3
EPSILON = 1e-5


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes.

    Attributes:
        width: of every layer.
        dilations: of the convolutions; their sum is the reach in frames.
        dropout: after every block.
    """

    width: int
    dilations: tuple[int, ...]
    dropout: float


class Block(nn.Module):
    """A dilated convolution with a residual connection."""

    def __init__(self, width: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width, eps=EPSILON)
        self.conv = nn.Conv1d(width, width, TAPS, padding=dilation, dilation=dilation)
        self.mix = nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, hidden: Tensor) -> Tensor:
        """(items, frames, width) to the same."""
        work = self.conv(self.norm(hidden).transpose(1, 2)).transpose(1, 2)
        added: Tensor = self.dropout(self.mix(functional.relu(work)))
        return hidden + added


class ResidualNetwork(nn.Module):
    """Features of the base to a residual, laughter and contacts.

    Args:
        config: sizes.
        mean, spread: (inputs,) of the features over the training lines.
    """

    mean: Tensor
    spread: Tensor

    def __init__(self, config: NetworkConfig, mean: Tensor, spread: Tensor) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("mean", mean)
        self.register_buffer("spread", spread)
        self.input = nn.Linear(len(mean), config.width)
        self.blocks = nn.ModuleList(Block(config.width, dilation, config.dropout) for dilation in config.dilations)
        self.norm = nn.LayerNorm(config.width, eps=EPSILON)
        self.output = nn.Linear(config.width, OUTPUTS)
        with torch.no_grad():
            self.output.weight.zero_()
            self.output.bias.zero_()

    def forward(self, heard: Tensor) -> Tensor:
        """(items, frames, inputs) to (items, frames, ``OUTPUTS``), before tanh and sigmoids."""
        hidden = self.input((heard - self.mean) / self.spread)
        for block in self.blocks:
            hidden = block(hidden)
        found: Tensor = self.output(self.norm(hidden))
        return found
