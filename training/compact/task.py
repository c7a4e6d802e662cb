"""The training of the built-in model on prepared speech, as a task for the trainer."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from ...inference.models.compact import FPS
from ..sounds.nonverbal import SOUNDS, SoundFeatures, read_sounds
from ..task import SCORE, ParameterGroup
from .batches import CROP_FRAMES, Batch, draw_batch, sampling_weights
from .corpus import CorpusLine, long_term_average_spectrum, read_corpus
from .export import export
from .losses import losses
from .network import CompactNetwork, PhoneHead
from .realignment import phone_times, realign_lines, with_phone_times
from .recipe import CompactRecipe, is_held_out

ALIGNED: Final = ("speechocean", "asterisk", "pico")
"""Corpora whose phone times come from forced alignment."""

_VALIDATION_CROPS: Final = 48
_BETAS: Final = (0.9, 0.98)
Corpora = Mapping[str, Sequence[CorpusLine]]


class NetworkWithHead(nn.Module):
    """All that is trained: the network, and the auxiliary head that is not exported."""

    def __init__(self, recipe: CompactRecipe) -> None:
        super().__init__()
        self.compact, self.head = CompactNetwork(recipe.network), PhoneHead(recipe.network)


class CompactTask:
    """The built-in model's training.

    Args:
        recipe: all settings.
        corpora: training lines by corpus, under the names of the recipe's shares.
        sounds: recorded non-speech sounds that interrupt the lines; see ``sounds.interruptions``.
        held_out: lines for validation, by corpus.
    """

    def __init__(
        self,
        recipe: CompactRecipe,
        corpora: Corpora,
        sounds: Sequence[SoundFeatures] = (),
        held_out: Corpora | None = None,
    ) -> None:
        torch.manual_seed(recipe.seed)
        self._recipe, self._corpora, self._sounds = recipe, corpora, sounds
        self._lines = [line for corpus in corpora.values() for line in corpus]
        self._held_out = [line for corpus in (held_out or {}).values() for line in corpus]
        self._aligned = {line.speaker for name in ALIGNED for line in corpora.get(name, ())}
        self._probabilities = sampling_weights(corpora, recipe.shares)
        self._realigned = False
        self._times = torch.arange(CROP_FRAMES) / FPS
        self.network = NetworkWithHead(recipe)
        self.network.compact.content.usual.copy_(torch.from_numpy(long_term_average_spectrum(self._lines)))

    def parameter_groups(self) -> list[ParameterGroup]:
        """Muon for the matrices in the encoders' blocks, where it needs half the steps; AdamW for everything else."""
        named = list(self.network.named_parameters())
        matrices = [p for name, p in named if ".blocks." in name and p.ndim == 2]
        in_muon = {id(parameter) for parameter in matrices}
        others = [p for _, p in named if id(p) not in in_muon]
        return [ParameterGroup(matrices, "muon"), ParameterGroup(others, "adamw", betas=_BETAS)]

    def draw(self, step: int, rng: np.random.Generator) -> Batch:
        """Random crops; at the recipe's step the network aligns the phones of the recorded lines again."""
        if step == self._recipe.realign_at:
            network, head = self.network.compact, self.network.head
            self._lines = realign_lines(self._lines, network, head, lambda line: line.speaker in self._aligned)
            self._realigned = True
        return draw_batch(self._lines, self._recipe.batch_size, rng, self._probabilities, sounds=self._sounds)

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """See ``losses.losses``."""
        return self._losses(self.network, batch)

    def _losses(self, network: NetworkWithHead, batch: Batch) -> dict[str, Tensor]:
        times = self._times.to(batch.mel.device)
        return losses(network.compact, network.head, batch, times, self._recipe.mixed_precision)

    def validate(self, network: nn.Module) -> dict[str, float]:
        """The terms of the loss on plain crops of held-out lines, the same ones always; the score is their sum."""
        if not self._held_out:
            return {}
        assert isinstance(network, NetworkWithHead)
        batch = draw_batch(self._held_out, _VALIDATION_CROPS, np.random.default_rng(self._recipe.seed), augment=False)
        device = next(network.parameters()).device
        moved = Batch(**{name: tensor.to(device) for name, tensor in vars(batch).items()})
        with torch.no_grad():
            terms = {name: term.item() for name, term in self._losses(network, moved).items()}
        return {SCORE: sum(self._recipe.losses[name] * term for name, term in terms.items()), **terms}

    def export(self, network: nn.Module, path: Path, provenance: dict[str, str]) -> None:
        """Write the network without its head, in half precision."""
        assert isinstance(network, NetworkWithHead)
        described = [
            f"{len(lines)} lines of {len({line.speaker for line in lines})} in {name}"
            for name, lines in self._corpora.items()
        ]
        export(network.compact, self._recipe.decide, path, {"trained_on": ", ".join(described), **provenance})

    def state(self) -> dict[str, Any]:
        """The phone times, once they have been aligned again."""
        return dict(zip(("phones", "lengths"), phone_times(self._lines), strict=True)) if self._realigned else {}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over the phone times."""
        if state:
            self._lines = with_phone_times(self._lines, state["phones"], state["lengths"])
            self._realigned = True


def read_corpora(cache: Path, recipe: CompactRecipe, held_out: bool = False) -> dict[str, list[CorpusLine]]:
    """Lines of every corpus in a recipe's shares: those to train on, or the held-out ones."""
    corpora: dict[str, list[CorpusLine]] = {}
    for path in sorted(cache.glob("*.npz")):
        name = path.stem.partition("-")[0]
        lines = [line for line in read_corpus(path) if _is_held_out(name, line, recipe) == held_out]
        if name in recipe.shares and lines:
            corpora.setdefault(name, []).extend(lines)
    return corpora


def _is_held_out(corpus: str, line: CorpusLine, recipe: CompactRecipe) -> bool:
    if corpus == "speechocean":
        return is_held_out(line.speaker, recipe.held_out_speakers)
    if corpus == "asterisk":
        return is_held_out(line.name, recipe.held_out_prompts)
    return line.speaker in recipe.held_out_voices


def training_sounds(cache: Path) -> list[SoundFeatures]:
    """Recorded non-speech sounds, without held-out ones; none if none were prepared."""
    path = cache / SOUNDS
    return [sound for sound in read_sounds(path) if not sound.held_out] if path.exists() else []
