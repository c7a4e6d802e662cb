"""The training of the phones on prepared speech, as a task for the trainer."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ...face.phones import BILABIALS, PHONE_INDEX
from ...inference.models.compact import SIGNALS
from ..compact.losses import APERTURE_WEIGHTS, CHANNEL_WEIGHTS
from ..compact.network import CompactNetwork
from ..task import SCORE, ParameterGroup
from .batches import Batch, Telling, draw_batch, line_probabilities
from .encoded import EncodedLine
from .export import export
from .network import PhonesNetwork
from .recipe import PhonesRecipe

_VALIDATION_CROPS: Final = 160
_LABEL_SMOOTHING: Final = 0.05
_BILABIAL_CLASSES: Final = torch.tensor([PHONE_INDEX[name] for name in sorted(BILABIALS)])
Corpora = Mapping[str, Sequence[EncodedLine]]


class PhonesTask:
    """The training of head and articulator.

    Args:
        recipe: all settings.
        base: EmoTalk Compact, frozen.
        digest: of its encoder, see ``compact_phones.encoder_digest``.
        corpora: encoded training lines by corpus, under the names of the recipe's shares.
        held_out: lines for validation, by corpus.
    """

    def __init__(
        self, recipe: PhonesRecipe, base: CompactNetwork, digest: str, corpora: Corpora, held_out: Corpora | None = None
    ) -> None:
        torch.manual_seed(recipe.seed)
        self._recipe, self._digest, self._corpora = recipe, digest, corpora
        self._lines = [line for corpus in corpora.values() for line in corpus]
        self._held_out = [line for corpus in (held_out or {}).values() for line in corpus]
        self._probabilities = line_probabilities(corpora, recipe.shares)
        self._telling = Telling(recipe.jitter, recipe.swaps, recipe.deaf)
        self.network = PhonesNetwork(base, recipe.head_width, recipe.articulator_width, recipe.head_dropout)

    def parameter_groups(self) -> list[ParameterGroup]:
        """AdamW for both networks."""
        return [ParameterGroup([p for p in self.network.parameters() if p.requires_grad], "adamw", betas=(0.9, 0.98))]

    def draw(self, step: int, rng: np.random.Generator) -> Batch:
        """Random crops."""
        return draw_batch(self._lines, self._recipe.batch_size, rng, self._telling, self._probabilities)

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """Cross-entropy of the heard phones; errors of the decoded curves of the told ones."""
        return losses(self.network, batch)

    def validate(self, network: nn.Module) -> dict[str, float]:
        """The terms of the loss on held-out crops; the phones heard right; bilabials by frames."""
        if not self._held_out:
            return {}
        assert isinstance(network, PhonesNetwork)
        rng = np.random.default_rng(self._recipe.seed)
        batch = draw_batch(self._held_out, _VALIDATION_CROPS, rng, Telling())
        device = next(network.parameters()).device
        moved = Batch(**{name: tensor.to(device) for name, tensor in vars(batch).items()})
        with torch.no_grad():
            terms = {name: term.item() for name, term in losses(network, moved).items()}
            best = network.head(moved.activations).argmax(dim=-1)
        spoken = moved.phones != PHONE_INDEX["SIL"]
        true, guessed = (torch.isin(each, _BILABIAL_CLASSES.to(device)) for each in (moved.phones, best))
        both = (true & guessed).sum().item()
        return {
            SCORE: sum(self._recipe.losses[name] * term for name, term in terms.items()),
            **terms,
            "phones heard": (best == moved.phones)[spoken].float().mean().item(),
            "bilabial recall": both / max(true.sum().item(), 1),
            "bilabial precision": both / max(guessed.sum().item(), 1),
        }

    def export(self, network: nn.Module, path: Path, provenance: dict[str, str]) -> None:
        """Write both networks in half precision."""
        assert isinstance(network, PhonesNetwork)
        described = [
            f"{len(lines)} lines of {len({line.speaker for line in lines})} in {name}"
            for name, lines in self._corpora.items()
        ]
        export(network, self._digest, path, {"trained_on": ", ".join(described), **provenance})


def losses(network: PhonesNetwork, batch: Batch) -> dict[str, Tensor]:
    """The terms of the loss of one batch; the recipe weighs them."""
    logits = network.head(batch.activations)
    content = network.articulator(batch.tracks, batch.heard)
    signals = batch.speech.new_zeros(*batch.speech.shape, len(SIGNALS))
    signals[..., SIGNALS.index("speech")] = torch.logit(batch.speech, 1e-3)
    values = network.base.decode(content, signals, batch.emotion, batch.emotions, batch.styles, batch.levels)
    error = values - batch.values
    weights = CHANNEL_WEIGHTS.to(error.device)
    aperture = error @ APERTURE_WEIGHTS.to(error.device)
    return {
        "phones": functional.cross_entropy(logits.transpose(1, 2), batch.phones, label_smoothing=_LABEL_SMOOTHING),
        "values": (error**2 * weights).mean(),
        "speed": (torch.diff(error, dim=1) ** 2 * weights).mean(),
        "aperture": (aperture**2).mean(),
    }
