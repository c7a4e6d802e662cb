"""What training minimises: the paper's three terms, and two of its descendant Audio2Face-3D."""

from typing import Final

import torch
from torch import Tensor, nn

from ...face.basis import Basis
from .batches import Batch
from .prepared_takes import QUIET
from .recipe import Position

TERMS: Final = ("position", "motion", "emotion")
"""The paper's; each is divided by its running root mean square."""

_DECAY: Final = 0.99
_EPSILON: Final = 1e-8
_SOFT: Final = 0.01
"""Error below which an absolute one is about squared, so that it has a gradient everywhere."""
_LIPS_APART: Final = 0.2
"""Opening, in that of the wide open jaw, at which the lips' distance counts 1/e of what it does at a closure."""


class RunningScale(nn.Module):
    """The root mean square of each term over the last hundred steps or so, as in Adam; no gradient goes through it."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("squares", torch.zeros(len(TERMS)))
        self.register_buffer("steps", torch.zeros(()))
        self.squares: Tensor
        self.steps: Tensor

    def forward(self, terms: Tensor) -> Tensor:
        """(terms,) divided by their scales, which are updated."""
        with torch.no_grad():
            self.squares.lerp_(terms.detach().square(), 1 - _DECAY)
            self.steps += 1
            scales = (self.squares / (1 - _DECAY**self.steps)).sqrt()
        return terms / (scales + _EPSILON)


class Losses(nn.Module):
    """The terms of the loss.

    Args:
        basis: of the values; without lip terms, the lips' distance is left out.
        position: whether the position's error counts squared, as in the paper, or as it is.
    """

    def __init__(self, basis: Basis, position: Position = "squared") -> None:
        super().__init__()
        self._absolute = position == "absolute"
        self.register_buffer("lowest", torch.tensor(basis.lowest, dtype=torch.float32), persistent=False)
        self.register_buffer("highest", torch.tensor(basis.highest, dtype=torch.float32), persistent=False)
        self.lowest: Tensor
        self.highest: Tensor
        self.scale = RunningScale()
        self.register_buffer("lips", torch.tensor(basis.lip_weights, dtype=torch.float32))
        self.lips: Tensor

    def forward(self, poses: Tensor, emotions: Tensor, batch: Batch) -> dict[str, Tensor]:
        """The terms by name, before the recipe weighs them.

        Args:
            poses: (items, moments, channels) of the network.
            emotions: (items, moments, E) its emotion vectors.
            batch: what was captured.

        Returns:
            ``position``, ``motion`` and ``emotion``, each about 1; ``lips``, the squared error of the lips' distance,
            which counts more the closer they are; ``stability``, the squared motion where the sound is quiet.
        """
        errors = (poses - batch.values) * batch.learnt
        if self._absolute:
            # Inference cuts curves off at their limits: a channel that rests there may be beyond them, at no cost.
            resting = ((batch.values <= self.lowest) & (poses < self.lowest)) | (
                (batch.values >= self.highest) & (poses > self.highest)
            )
            errors = torch.where(resting, torch.zeros_like(errors), errors)
            position = ((errors.square() + _SOFT**2).sqrt() - _SOFT).mean()
        else:
            position = errors.square().mean()
        changes = torch.diff(emotions, dim=1)
        paper = self.scale(
            torch.stack(
                (
                    position,
                    2 * torch.diff(errors, dim=1).square().mean(),
                    2 * changes.square().mean() / (emotions.square().mean() + _EPSILON),
                )
            )
        )
        gap, true_gap = poses @ self.lips, batch.values @ self.lips
        closeness = torch.exp(-true_gap.clamp(min=0) / _LIPS_APART)
        quiet = torch.exp(-batch.energy[:, 1:] / QUIET)[:, :, None]
        return {
            **dict(zip(TERMS, paper, strict=True)),
            "lips": (closeness * (gap - true_gap)).square().mean(),
            "stability": (quiet * torch.diff(poses, dim=1).square()).mean(),
        }
