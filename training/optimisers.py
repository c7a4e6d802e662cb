"""Optimisers by groups of parameters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn

from .recipe import Recipe


@dataclass(frozen=True)
class ParameterGroup:
    """Parameters that share an optimiser.

    Attributes:
        parameters: those that are trained; what no group names stays as it is.
        optimiser: "muon" takes matrices only; it orthogonalises their updates (Jordan et al. 2024).
        rate: factor of the recipe's learning rate.
        weight_decay: the recipe's if None.
        betas: of Adam's running means of the gradient and of its square.
    """

    parameters: Sequence[nn.Parameter]
    optimiser: Literal["adam", "adamw", "muon"] = "adamw"
    rate: float = 1.0
    weight_decay: float | None = None
    betas: tuple[float, float] = (0.9, 0.999)


def build_optimiser(group: ParameterGroup, recipe: Recipe) -> torch.optim.Optimizer:
    """The optimiser of a group at the recipe's learning rate."""
    parameters, rate = list(group.parameters), recipe.learning_rate * group.rate
    decay = recipe.weight_decay if group.weight_decay is None else group.weight_decay
    if group.optimiser == "muon":
        return torch.optim.Muon(parameters, lr=rate, weight_decay=decay, adjust_lr_fn="match_rms_adamw")
    if group.optimiser == "adam":
        return torch.optim.Adam(parameters, lr=rate, weight_decay=decay, betas=group.betas)
    return torch.optim.AdamW(parameters, lr=rate, weight_decay=decay, betas=group.betas)
