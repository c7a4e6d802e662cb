"""The training of LaughTalk Compact's residual network, as a task for the trainer."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ...face import arkit
from ...inference.models.laughtalk_compact import laughing_share
from ..arrays import FloatArray
from ..task import ParameterGroup
from .corpus import PreparedLine
from .export import export
from .network import ResidualNetwork
from .recipe import LaughTalkCompactRecipe

_CHANNELS = len(arkit.CHANNELS)
_JAW_WEIGHT = 8.0
"""Calls move little but the jaw, and it fast."""
_TRACKS = ("heard", "residual", "touched", "laughing", "contacts")
_WEIGHTS = torch.tensor([_JAW_WEIGHT if name == "jawOpen" else 1.0 for name in arkit.CHANNELS])
_CHANGED = 0.05
"""Share from which a laugh changes a face."""


@dataclass(frozen=True)
class Batch:
    """Stretches of lines, items first; frames beyond a line are zeros with ``inside`` 0.

    Attributes:
        heard: (items, frames, inputs).
        residual: (items, frames, 52).
        touched, laughing, inside: (items, frames).
        contacts: (items, frames, 2).
        has_phones: (items,).
    """

    heard: Tensor
    residual: Tensor
    touched: Tensor
    laughing: Tensor
    inside: Tensor
    contacts: Tensor
    has_phones: Tensor


class LaughTalkCompactTask:
    """The training of the residual network.

    Args:
        recipe: all settings.
        lines: to train on.
        held_out: for validation.
        encoders: SHA-256 of the encoders whose features the lines hold.
    """

    def __init__(
        self,
        recipe: LaughTalkCompactRecipe,
        lines: Sequence[PreparedLine],
        held_out: Sequence[PreparedLine],
        encoders: str,
    ) -> None:
        torch.manual_seed(recipe.seed)
        self._recipe, self._lines, self._held_out, self._encoders = recipe, lines, held_out, encoders
        heard = np.concatenate([line.heard for line in lines]).astype(np.float64)
        mean, spread = heard.mean(axis=0), heard.std(axis=0) + 1e-3
        self.network = ResidualNetwork(
            recipe.network, *(torch.tensor(each, dtype=torch.float32) for each in (mean, spread))
        )

    def parameter_groups(self) -> list[ParameterGroup]:
        """Everything."""
        return [ParameterGroup(list(self.network.parameters()))]

    def draw(self, step: int, rng: np.random.Generator) -> Batch:
        """Random stretches of random lines."""
        chosen = rng.integers(len(self._lines), size=self._recipe.batch_size)
        return self._stretches([self._lines[place] for place in chosen], self._recipe.frames, rng)

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """Errors of the residual and of its speed, and cross entropies of laughter and contacts."""
        found = self.network(batch.heard)
        return self._terms(found, batch)

    def validate(self, network: nn.Module) -> dict[str, float]:
        """Error of the residual as it is added, and share of frames in which a laugh is wrongly on or off the face."""
        if not self._held_out:
            return {}
        squares, wrong, frames = 0.0, 0, 0
        for line in self._held_out:
            found = network(torch.tensor(line.heard, dtype=torch.float32)[None])[0].numpy()
            share = laughing_share(*(1 / (1 + np.exp(-found[:, _CHANNELS : _CHANNELS + 2]))).T)
            added = np.tanh(found[:, :_CHANNELS]) * share[:, None]
            squares += float(np.square(added - line.residual).mean(axis=1).sum())
            wrong += int(((share > 0) != (line.touched > _CHANGED)).sum())
            frames += len(share)
        return {"score": squares / frames, "wrong": wrong / frames}

    def export(self, network: nn.Module, path: Path, provenance: dict[str, str]) -> None:
        """Write the network in half precision."""
        assert isinstance(network, ResidualNetwork)
        export(network, self._recipe.contacts, self._encoders, path, provenance)

    def _terms(self, found: Tensor, batch: Batch) -> dict[str, Tensor]:
        inside = batch.inside
        residual = torch.tanh(found[:, :, :_CHANNELS])
        missing = (residual - batch.residual) * _WEIGHTS.to(residual).sqrt()
        # Where no laugh is, the network's laughter switches the residual off; an error there costs little.
        weight = inside * (0.1 + batch.touched)
        changed = (batch.touched > _CHANGED).float()
        known = (inside * (self._recipe.covered + changed)) * batch.has_phones[:, None]
        logits = found[:, :, _CHANNELS:]
        rare = torch.full((batch.contacts.shape[2],), self._recipe.rarity, device=logits.device)
        contacts = functional.binary_cross_entropy_with_logits(
            logits[:, :, 2:], batch.contacts, reduction="none", pos_weight=rare
        )
        return {
            "residual": _mean(missing.square().mean(dim=2), weight),
            "speed": _mean((missing[:, 1:] - missing[:, :-1]).square().mean(dim=2), weight[:, 1:]),
            "touched": _mean(_cross_entropy(logits[:, :, 0], changed), inside),
            "laughing": _mean(_cross_entropy(logits[:, :, 1], batch.laughing), inside),
            "contacts": _mean(contacts.sum(dim=2), known),
        }

    def _stretches(self, lines: Sequence[PreparedLine], frames: int, rng: np.random.Generator) -> Batch:
        parts: dict[str, list[FloatArray]] = {name: [] for name in _TRACKS}
        inside = np.zeros((len(lines), frames), np.float32)
        for number, line in enumerate(lines):
            first = int(rng.integers(max(len(line.heard) - frames, 0) + 1))
            inside[number, : len(line.heard) - first] = 1
            for name, some in parts.items():
                rows = getattr(line, name)[first : first + frames]
                some.append(np.pad(rows, ((0, frames - len(rows)), *((0, 0),) * (rows.ndim - 1))))
        tensors = {name: torch.tensor(np.stack(some), dtype=torch.float32) for name, some in parts.items()}
        has_phones = torch.tensor([line.has_phones for line in lines])
        return Batch(inside=torch.tensor(inside), has_phones=has_phones, **tensors)


def _cross_entropy(logits: Tensor, wanted: Tensor) -> Tensor:
    return functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none")


def _mean(values: Tensor, weight: Tensor) -> Tensor:
    return (values * weight).sum() / weight.sum().clamp(min=1)
