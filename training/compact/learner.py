"""Training state: the network, the auxiliary head, their optimisers, and the averaged weights that are exported."""

import copy
from pathlib import Path
from typing import Final

import torch

from ...face.atomic_file import replacing
from ...inference.models.compact import FPS
from ..arrays import FloatArray
from .batches import CROP_FRAMES, Batch
from .losses import losses
from .network import CompactNetwork, PhoneHead
from .recipe import Recipe

_MAX_GRADIENT_NORM: Final = 1.0
"""Gradients are clipped to this norm."""


class Learner:
    """A network in training, with checkpoints.

    Args:
        recipe: sizes, rates and seed.
        long_term_average: (64,) mean log-mel spectrum of the training lines.
    """

    def __init__(self, recipe: Recipe, long_term_average: FloatArray) -> None:
        torch.manual_seed(recipe.seed)
        self._recipe = recipe
        self.network, self.head = CompactNetwork(recipe.network), PhoneHead(recipe.network)
        self.network.content.usual.copy_(torch.from_numpy(long_term_average))
        self.average = copy.deepcopy(self.network).requires_grad_(False).eval()
        self._parameters = [*self.network.parameters(), *self.head.parameters()]
        self._optimisers = _optimisers(self.network, self.head, recipe)
        self._times = torch.arange(CROP_FRAMES) / FPS

    def train_step(self, batch: Batch, step: int) -> dict[str, float]:
        """One step of the optimisers. Returns the terms of the loss before it."""
        terms = losses(self.network, self.head, batch, self._times, self._recipe.mixed_precision)
        for optimiser in self._optimisers:
            for group in optimiser.param_groups:
                group["lr"] = self._recipe.learning_rate * _learning_rate_factor(step, self._recipe)
            optimiser.zero_grad()
        total = sum(terms.values(), torch.zeros(()))
        torch.autograd.backward(total)
        torch.nn.utils.clip_grad_norm_(self._parameters, _MAX_GRADIENT_NORM)
        for optimiser in self._optimisers:
            optimiser.step()
        self._update_average(min(self._recipe.ema_decay, (step + 1) / (step + 10)))
        return {name: term.item() for name, term in terms.items()}

    def _update_average(self, decay: float) -> None:
        """Move the exponential moving average of the weights."""
        with torch.no_grad():
            for average, current in zip(self.average.parameters(), self.network.parameters(), strict=True):
                average.lerp_(current, 1 - decay)

    def save(self, path: Path, step: int) -> None:
        """Write a checkpoint."""
        state = {
            "step": step,
            "network": self.network.state_dict(),
            "head": self.head.state_dict(),
            "average": self.average.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self._optimisers],
        }
        with replacing(path) as part:
            torch.save(state, part)

    def resume(self, path: Path) -> int:
        """Read a checkpoint of ``save``. Returns the number of the next step."""
        state = torch.load(path, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.head.load_state_dict(state["head"])
        self.average.load_state_dict(state["average"])
        for optimiser, optimiser_state in zip(self._optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(optimiser_state)
        return int(state["step"])


def _optimisers(network: CompactNetwork, head: PhoneHead, recipe: Recipe) -> list[torch.optim.Optimizer]:
    """Muon for the matrices in the encoders' blocks, where it needs half the steps; AdamW for everything else."""
    matrices = [p for name, p in network.named_parameters() if ".blocks." in name and p.ndim == 2]
    in_muon = {id(parameter) for parameter in matrices}
    others = [p for p in (*network.parameters(), *head.parameters()) if id(p) not in in_muon]
    rate, decay = recipe.learning_rate, recipe.weight_decay
    return [
        torch.optim.Muon(matrices, lr=rate, weight_decay=decay, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=rate, weight_decay=decay, betas=(0.9, 0.98)),
    ]


def _learning_rate_factor(step: int, recipe: Recipe) -> float:
    """Linear warm-up, constant, linear decay; independent of the number of steps, so that runs may be extended."""
    left = (recipe.decay_to - step) / (recipe.decay_to - recipe.decay_from)
    return min((step + 1) / recipe.warmup_steps, 1, max(left, 0))
