"""The named tensors of a checkpoint, with a record of the names that were read."""

import math
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from ..contract import EmoTalkError
from ..models.wav2vec2 import LARGEST_DIMENSION
from .downloads import LARGEST
from .pytorch_state import check_tensor


class CheckpointState(Mapping[str, Tensor]):
    """A checkpoint's tensors as float32; those that were never read are unused by the network.

    Args:
        state: the tensors by name.
        source: the file's name, for messages.
        network: the expected network, for messages.

    Attributes:
        read: the names of the tensors that were read.
    """

    def __init__(self, state: Mapping[str, Tensor], source: str, network: str) -> None:
        self.source, self.network = source, network
        self.read: set[str] = set()
        self._state = state

    def __getitem__(self, name: str) -> Tensor:
        """One tensor. Raises EmoTalkError if it is missing."""
        if name not in self._state:
            raise EmoTalkError(f"{self.source} is no {self.network} checkpoint, or not all of one: it lacks {name}")
        self.read.add(name)
        # A copy: the file is mapped, and may be replaced as soon as the import is over.
        return self._state[name].to(torch.float32, copy=True).contiguous()

    def shape(self, name: str, dimensions: int) -> tuple[int, ...]:
        """The shape of a tensor, for reading dimensions off it before anything is computed.

        Raises:
            EmoTalkError: it is missing, or has another number of dimensions, or one of them is none for a network.
        """
        if name not in self._state:
            raise EmoTalkError(f"{self.source} is no {self.network} checkpoint, or not all of one: it lacks {name}")
        shape = tuple(self._state[name].shape)
        if len(shape) != dimensions or not all(0 < size <= LARGEST_DIMENSION for size in shape):
            raise EmoTalkError(
                f"The weights in {self.source} do not fit together: {name} has the shape {list(shape)}, where "
                f"{dimensions} sizes from 1 to {LARGEST_DIMENSION:,} belong. Export the checkpoint again"
            )
        return shape

    def check(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        """Check every tensor that is going to be used, before anything is computed with one.

        Args:
            shapes: the table of expected tensors.

        Raises:
            EmoTalkError: one is missing or is not what belongs there, or all of them together are too large.
        """
        total = sum(math.prod(shape) for shape in shapes.values()) * torch.float32.itemsize
        if total > LARGEST:
            raise EmoTalkError(
                f"The weights in {self.source} would take {total / 1e9:,.0f} GB; the published network takes 2.6 GB. "
                "Choose another checkpoint"
            )
        for name, shape in shapes.items():
            if name not in self._state:
                raise EmoTalkError(f"{self.source} is no {self.network} checkpoint, or not all of one: it lacks {name}")
            check_tensor(self._state[name], shape, name, self.source)
        for name in shapes:
            # Rounded first: what float32 cannot hold is no number in it.
            if not torch.isfinite(self._state[name].to(torch.float32)).all():
                raise EmoTalkError(
                    f"The weights in {self.source} hold values in {name} that are not numbers; the training that wrote "
                    "it went wrong, or the file is damaged. Choose another checkpoint"
                )

    def __contains__(self, name: object) -> bool:
        return name in self._state

    def __iter__(self) -> Iterator[str]:
        return iter(self._state)

    def __len__(self) -> int:
        return len(self._state)
