"""A network's weights by name, turned into the operations that they stand for, and how much is computed at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ..contract import EmoTalkError
from .matrix_products import Arithmetic, Precision, Product, arithmetic_for

LAYER_NORM_EPS: Final = 1e-5
"""What every norm of these networks adds to the variance."""


@dataclass(frozen=True)
class Steps:
    """How much is computed at a time: the same numbers whatever it is, but more memory and fewer steps.

    Attributes:
        feature_rows: rows of a feature extractor's output, at 50 per second.
        feed_forward_rows: rows of a feed-forward layer, four times as wide there.
        query_rows: rows of a self-attention with a bias.
    """

    feature_rows: int
    feed_forward_rows: int
    query_rows: int


SMALL_STEPS: Final = Steps(50, 512, 256)
"""What fits a processor's caches, and a GPU that is short of memory."""
LARGE_STEPS: Final = Steps(1500, 16_384, 2048)
"""What keeps a GPU busy."""


def check_arrays(arrays: Mapping[str, np.ndarray], shapes: Mapping[str, tuple[int, ...]], name: str) -> None:
    """Compare the arrays of a weights file with those that its network has.

    Args:
        arrays: by their names of today.
        shapes: of every weight.
        name: of the file, for the message.

    Raises:
        EmoTalkError: one is missing, superfluous, of another shape or not float32.
    """
    missing = sorted(shapes.keys() - arrays.keys())
    if missing:
        raise EmoTalkError(f"The weights in {name} lack {missing[0]}; import the checkpoint again")
    for weight, found in arrays.items():
        expected = shapes.get(weight)
        if found.shape != expected or found.dtype != np.float32:
            belongs = f"float32 {list(expected)} belongs" if expected is not None else "nothing belongs"
            raise EmoTalkError(
                f"The weights in {name} do not fit together: {weight} is {found.dtype} {list(found.shape)}, where "
                f"{belongs}; import the checkpoint again"
            )


class Layers:
    """Weights by name, turned into the operations that they stand for.

    Args:
        weights: all of them.
        device: where to compute.
        arithmetic: how products run there.
        prefix: put before every name.
    """

    def __init__(
        self, weights: Mapping[str, Tensor], device: torch.device, arithmetic: Arithmetic, prefix: str = ""
    ) -> None:
        self._weights, self.device, self.arithmetic, self._prefix = weights, device, arithmetic, prefix

    def of(self, part: str) -> "Layers":
        """The layers below a part of the network."""
        return Layers(self._weights, self.device, self.arithmetic, f"{self._prefix}{part}.")

    def at(self, precision: Precision) -> "Layers":
        """The same layers, their products computed at another precision."""
        return Layers(self._weights, self.device, arithmetic_for(self.device, precision), self._prefix)

    def equal(self, other: "Layers") -> bool:
        """Whether the other part has all these weights, with the same numbers."""
        names = [name.removeprefix(self._prefix) for name in self._weights if name.startswith(self._prefix)]
        return all(torch.equal(self.tensor(name), other.tensor(name)) for name in names)

    def tensor(self, name: str) -> Tensor:
        """One weight. Raises EmoTalkError where it is missing."""
        if self._prefix + name not in self._weights:
            raise EmoTalkError(f"These weights lack {self._prefix + name}; import the checkpoint again")
        return self._weights[self._prefix + name].to(self.device)

    def product(self, name: str, *, bias: bool = True, gelu: bool = False) -> Product:
        """A linear layer, (rows, in) to (rows, out), with a GELU after it where asked for."""
        weight = self.tensor(f"{name}.weight")
        added = self.tensor(f"{name}.bias") if bias else torch.zeros(len(weight), device=self.device)
        return self.arithmetic.linear(weight, added, gelu)

    def convolution(self, name: str, groups: int) -> Product:
        """A convolution along the rows, and a GELU; as many rows as before."""
        return self.arithmetic.convolution(self.tensor(f"{name}.weight"), self.tensor(f"{name}.bias"), groups)

    def layer_norm(self, name: str) -> Product:
        """A layer normalisation over the columns."""
        weight, bias = self.tensor(f"{name}.weight"), self.tensor(f"{name}.bias")
        return lambda rows: functional.layer_norm(rows, weight.shape, weight, bias, LAYER_NORM_EPS)
