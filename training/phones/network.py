"""The phone head and the articulator in PyTorch; ``inference/models/compact_phones.py`` runs them in NumPy.

Attribute names of the modules are the tensor names of exported weights.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...face.phones import PHONES
from ...inference.models.compact_phones import DILATIONS, KERNEL, REACH, TRACKS
from ..compact.network import ChannelDropout, CompactNetwork, TimeConvolution


class _Dilated(nn.Module):
    """A layer, dilated convolutions with residual connections, a layer; silence of zeros around the line."""

    def __init__(self, size_in: int, width: int, size_out: int) -> None:
        super().__init__()
        self.stem = nn.Linear(size_in, width)
        self.blocks = nn.ModuleList(TimeConvolution(width, width, KERNEL, dilation) for dilation in DILATIONS)
        self.out = nn.Linear(width, size_out)

    def follow(self, hidden: Tensor) -> Tensor:
        """(batch, n + 2 * REACH, width) after the first layer to (batch, n, size_out)."""
        for block, dilation in zip(self.blocks, DILATIONS, strict=True):
            moved = hidden + functional.relu(block(hidden))
            hidden = moved[:, dilation : moved.shape[1] - dilation]
        output: Tensor = self.out(hidden)
        return output


class PhoneHead(_Dilated):
    """The encoder's last activations to logits of phones."""

    def __init__(self, activations: int, width: int, dropout: float) -> None:
        super().__init__(activations, width, len(PHONES))
        self._dropout = ChannelDropout(dropout)

    def forward(self, activations: Tensor) -> Tensor:
        """(batch, n, activations) to (batch, n, 41) logits."""
        projected = functional.relu(self.stem(self._dropout(activations)))
        return self.follow(functional.pad(projected, (0, 0, REACH, REACH)))


class Articulator(_Dilated):
    """Told phones, and what is heard of the voice, to content features."""

    def __init__(self, heard: int, width: int, content: int) -> None:
        super().__init__(TRACKS + heard, width, content)

    def forward(self, tracks: Tensor, heard: Tensor) -> Tensor:
        """(batch, n, 44) tracks and (batch, n, content + 1) to (batch, n, content)."""
        rows = functional.pad(torch.cat([tracks, heard], dim=-1), (0, 0, REACH, REACH))
        return self.follow(functional.relu(self.stem(rows)))


class PhonesNetwork(nn.Module):
    """Head and articulator beside a frozen base.

    Args:
        base: EmoTalk Compact, whose weights are not trained.
        head_width, articulator_width: of the hidden layers.
        dropout: share of the activations that the head loses in training.
    """

    def __init__(self, base: CompactNetwork, head_width: int, articulator_width: int, dropout: float) -> None:
        super().__init__()
        config = base.config
        self.base = base.requires_grad_(False).eval()
        self.head = PhoneHead(config.content_width, head_width, dropout)
        self.articulator = Articulator(config.content_size + 1, articulator_width, config.content_size)

    def train(self, mode: bool = True) -> "PhonesNetwork":
        """As of a module, but the base never changes."""
        super().train(mode)
        self.base.eval()
        return self
