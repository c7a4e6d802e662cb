"""A task with its optimisers and the averaged weights that are validated and exported: one step, and its state."""

import copy
import math
from typing import Any, Final

import numpy as np
import torch
from accelerate import Accelerator
from torch import Tensor, nn

from ..inference.contract import EmoTalkError
from .batch_parts import part_of
from .checkpoints import load_trained, trained_state
from .optimisers import build_optimiser
from .recipe import Recipe
from .task import StatefulTask, Task

_SEEDS_BETWEEN_PROCESSES: Final = 1 << 32


class Learner:
    """A task with optimisers and averaged weights.

    Args:
        task: what is trained.
        recipe: all settings.
        accelerator: from ``new_accelerator``.
    """

    def __init__(self, task: Task, recipe: Recipe, accelerator: Accelerator) -> None:
        self.task, self.recipe, self.accelerator = task, recipe, accelerator
        task.network.to(accelerator.device).train()
        self.average = copy.deepcopy(task.network).requires_grad_(False).eval()
        groups = task.parameter_groups()
        wanted = {id(parameter) for group in groups for parameter in group.parameters}
        # In the network's order, whatever that of the groups: the norm of the gradients is a sum.
        trained = {name: each for name, each in task.network.named_parameters() if id(each) in wanted}
        self._names, self._parameters = tuple(trained), list(trained.values())
        self._rates = [group.rate for group in groups]
        self._step: nn.Module
        self._step, *self._optimisers = accelerator.prepare(
            _LossesOf(task), *(build_optimiser(group, recipe) for group in groups)
        )

    def train_step(self, step: int) -> dict[str, float]:
        """One step of the optimisers. Returns the weighted terms of this process's loss before it."""
        torch.manual_seed(self.recipe.seed + step + _SEEDS_BETWEEN_PROCESSES * self.accelerator.process_index)
        batch = self.task.draw(step, np.random.default_rng((self.recipe.seed, step)))
        part, parts = self.accelerator.process_index, self.accelerator.num_processes
        terms = self._weighted(self._step(part_of(batch, part, parts, self.accelerator.device)))
        for optimiser, rate in zip(self._optimisers, self._rates, strict=True):
            for group in optimiser.param_groups:
                group["lr"] = self.recipe.learning_rate_at(step) * rate
            optimiser.zero_grad()
        total = sum(terms.values(), torch.zeros((), device=self.accelerator.device))
        self.accelerator.backward(total)
        norm = self.accelerator.clip_grad_norm_(self._parameters, self.recipe.gradient_norm)
        if norm is not None and not math.isfinite(float(norm)):
            raise EmoTalkError(f"The loss is no number any more after {step} steps; lower the recipe's learning_rate")
        for optimiser in self._optimisers:
            optimiser.step()
        self._update_average(min(self.recipe.ema_decay, (step + 1) / (step + 10)))
        return {name: term.item() for name, term in terms.items()}

    def _weighted(self, terms: dict[str, Tensor]) -> dict[str, Tensor]:
        weights = self.recipe.losses
        if terms.keys() != weights.keys():
            wrong = ", ".join(sorted(terms.keys() ^ weights.keys()))
            raise EmoTalkError(f"The recipe's losses are not the terms of this training: {wrong}")
        return {name: weights[name] * term for name, term in terms.items()}

    def _update_average(self, decay: float) -> None:
        """Move the exponential moving average of the weights; buffers are taken over as they are."""
        with torch.no_grad():
            for average, current in zip(self.average.parameters(), self.task.network.parameters(), strict=True):
                if current.requires_grad:
                    average.lerp_(current, 1 - decay)
            for kept, buffer in zip(self.average.buffers(), self.task.network.buffers(), strict=True):
                kept.copy_(buffer)

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {
            "network": trained_state(self.task.network, self._names),
            "average": trained_state(self.average, self._names),
            "optimisers": [optimiser.state_dict() for optimiser in self._optimisers],
            "task": self.task.state() if isinstance(self.task, StatefulTask) else {},
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over a state of ``state``."""
        load_trained(self.task.network, state["network"])
        load_trained(self.average, state["average"])
        for optimiser, optimiser_state in zip(self._optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(optimiser_state)
        if isinstance(self.task, StatefulTask):
            self.task.restore(state["task"])


class _LossesOf(nn.Module):
    """A task's loss as a module, so that gradients are shared between processes."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.network = task.network
        self._losses = task.losses

    def forward(self, batch: Any) -> dict[str, Tensor]:
        """The terms of the loss."""
        return self._losses(batch)
