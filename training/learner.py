"""What learns: the network, the head beside it, their optimisers, and the average that is exported."""

import copy
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor

from ..face.atomic_file import replacing
from ..inference.models.compact import FPS
from .batches import CROP_FRAMES, Batch
from .losses import losses
from .network import CompactNetwork, PhoneHead
from .recipe import Recipe

_STEEPEST: Final = 1.0
"""Largest norm of a gradient; longer ones are shortened to it."""


class Learner:
    """A network in training, which can be kept in a file and taken up again.

    Args:
        recipe: sizes, rates and seed.
        long_term_average: (64,) the mean log-mel spectrum of the lines it will hear.
    """

    def __init__(self, recipe: Recipe, long_term_average: np.ndarray) -> None:
        torch.manual_seed(recipe.seed)
        self._recipe = recipe
        self.network, self.head = CompactNetwork(recipe.network), PhoneHead(recipe.network)
        self.network.content.usual.copy_(torch.from_numpy(long_term_average))
        self.average = copy.deepcopy(self.network).requires_grad_(False).eval()
        self._learned = [*self.network.parameters(), *self.head.parameters()]
        self._optimisers = _optimisers(self.network, self.head, recipe)
        self._times = torch.arange(CROP_FRAMES) / FPS

    def learn(self, batch: Batch, step: int) -> dict[str, float]:
        """One step downhill. Returns the parts of the loss before it."""
        parts = losses(self.network, self.head, batch, self._times, self._recipe.low_precision)
        for optimiser in self._optimisers:
            for group in optimiser.param_groups:
                group["lr"] = self._recipe.learning_rate * _schedule(step, self._recipe)
            optimiser.zero_grad()
        sum(parts.values()).backward()
        torch.nn.utils.clip_grad_norm_(self._learned, _STEEPEST)
        for optimiser in self._optimisers:
            optimiser.step()
        self._follow(min(self._recipe.averaging, (step + 1) / (step + 10)))
        return {name: part.item() for name, part in parts.items()}

    @torch.no_grad()
    def _follow(self, share: float) -> None:
        for slow, fast in zip(self.average.parameters(), self.network.parameters(), strict=True):
            slow.lerp_(fast, 1 - share)

    def save(self, path: Path, step: int) -> None:
        """Keep everything that the next step needs."""
        state: dict[str, dict[str, Tensor] | list[dict] | int] = {
            "step": step,
            "network": self.network.state_dict(),
            "head": self.head.state_dict(),
            "average": self.average.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self._optimisers],
        }
        with replacing(path) as part:
            torch.save(state, part)

    def resume(self, path: Path) -> int:
        """Take up what ``save`` kept. Returns the number of the next step."""
        state = torch.load(path, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.head.load_state_dict(state["head"])
        self.average.load_state_dict(state["average"])
        for optimiser, remembered in zip(self._optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(remembered)
        return int(state["step"])


def _optimisers(network: CompactNetwork, head: PhoneHead, recipe: Recipe) -> list[torch.optim.Optimizer]:
    """Muon for the matrices within the encoders, where it learns in half the steps; AdamW for everything else."""
    within = [p for name, p in network.named_parameters() if ".blocks." in name and p.ndim == 2]
    chosen = {id(parameter) for parameter in within}
    others = [p for p in (*network.parameters(), *head.parameters()) if id(p) not in chosen]
    settings = {"lr": recipe.learning_rate, "weight_decay": recipe.weight_decay}
    return [
        torch.optim.Muon(within, adjust_lr_fn="match_rms_adamw", **settings),
        torch.optim.AdamW(others, betas=(0.9, 0.98), **settings),
    ]


def _schedule(step: int, recipe: Recipe) -> float:
    """Warm up, stay, and fall; a longer run begins exactly as a shorter one."""
    left = (recipe.nothing_at - step) / (recipe.nothing_at - recipe.falls_from)
    return min((step + 1) / recipe.warmup, 1, max(left, 0))
