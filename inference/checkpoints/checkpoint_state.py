"""The named tensors of a checkpoint, with a record of the names that were read."""

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from ..contract import EmoTalkError


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
        return self._state[name].to(torch.float32).contiguous()

    def __contains__(self, name: object) -> bool:
        return name in self._state

    def __iter__(self) -> Iterator[str]:
        return iter(self._state)

    def __len__(self) -> int:
        return len(self._state)
