"""What the trainer trains: the protocol that every system's training follows."""

from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from torch import Tensor, nn

from .comparison import SCORE as SCORE
from .optimisers import ParameterGroup as ParameterGroup


class Task(Protocol):
    """What one system's training is made of; everything else is the trainer's."""

    @property
    def network(self) -> nn.Module:
        """Everything that is trained and averaged, built with the recipe's seed.

        Frozen parameters (``requires_grad`` off) are not written into checkpoints: the task builds the same ones again.
        """
        ...

    def parameter_groups(self) -> list[ParameterGroup]:
        """The trained parameters by optimiser."""
        ...

    def draw(self, step: int, rng: np.random.Generator) -> Any:
        """The batch of a step over all processes: a dataclass or a mapping of CPU tensors, items first.

        Every process draws the whole batch and keeps its part of the items. It depends on the step, the generator and
        the network's weights alone.
        """
        ...

    def losses(self, batch: Any) -> dict[str, Tensor]:
        """The terms of the loss by name, each a mean over the items of the batch; the recipe's ``losses`` weigh them.

        Gradients flow through ``self.network``; buffers that it keeps are those of the first process.
        """
        ...

    def validate(self, network: nn.Module) -> dict[str, float]:
        """Figures of averaged weights on held-out takes.

        Args:
            network: a copy of ``self.network`` in evaluation mode, without gradients.

        Returns:
            Figures by name; "score", lower is better, decides which weights are best. Empty without held-out takes.
        """
        ...

    def export(self, network: nn.Module, path: Path, provenance: dict[str, str]) -> None:
        """Write averaged weights as the safetensors file that inference reads.

        Args:
            network: as for ``validate``.
            path: of the weights file, written atomically.
            provenance: short texts for its header.
        """
        ...


@runtime_checkable
class StatefulTask(Protocol):
    """A task that changes while it trains, beside its network's weights."""

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps of it: tensors, numbers, texts, lists and dictionaries of them."""
        ...

    def restore(self, state: dict[str, Any]) -> None:
        """Take over a state of ``state``."""
        ...


@runtime_checkable
class ComparedTask(Protocol):
    """A task with a base model, which its result has to beat."""

    def base_figures(self) -> dict[str, float]:
        """The base model's figures, by the names and on the takes of ``validate``; empty without held-out takes."""
        ...
