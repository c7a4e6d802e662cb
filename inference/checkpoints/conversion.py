"""What a network's row says of checkpoints that others publish: how they are recognised, and what becomes of them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..contract import ModelSpec

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Conversion:
    """A checkpoint of PyTorch turned into weights.

    Attributes:
        arrays: the weights by name, as the network's own file wants them.
        config: dimensions of the network, ready for JSON.
        spec: what it gives and takes.
        unknown: names in the checkpoint that the network has no use for.
    """

    arrays: dict[str, np.ndarray]
    config: dict[str, Any]
    spec: ModelSpec
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class Converter:
    """How published checkpoints of a network are recognised and converted.

    Attributes:
        marks: beginnings of names that only this network's checkpoints have.
        convert: takes a checkpoint's tensors by name, the file's name for messages, and the spec of the network's row;
            PyTorch is there when it is called. Raises EmoTalkError where the checkpoint is not whole.
        licence: of the published weights.
        notice: the sentence to show with the licence.
    """

    marks: tuple[str, ...]
    convert: "Callable[[Mapping[str, Tensor], str, ModelSpec], Conversion]"
    licence: str
    notice: str

    def recognises(self, names: Iterable[str]) -> bool:
        """Whether these are names of weights of such a checkpoint."""
        return any(name.startswith(self.marks) for name in names)
