"""The training of the whole of EmoTalk on the takes of a studio, as a task for the trainer."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from ...face.controls import Controls
from ...inference.checkpoints.library import InstalledWeights
from ...inference.checkpoints.safetensors_file import read_safetensors, write_safetensors
from ...inference.contract import EmoTalkError, ModelSpec
from ...inference.models.emotalk import MODEL_ID, EmoTalk, EmoTalkConfig
from ...inference.registry import EMOTALK_SPEC, spec_metadata
from ..captures.take import Labels, Take
from ..evaluation.takes import TAKES
from ..finetuning.export import style_name
from ..finetuning.task import figures
from ..task import ParameterGroup
from .batches import Batch, draw_batch, prepare, warp
from .losses import losses
from .network import EmoTalkNetwork
from .pairing import find_pairs
from .recipe import EmoTalkRecipe

_BETAS: Final = (0.9, 0.98)


class EmoTalkTask:
    """The whole network; its only personal style is the actor's.

    Args:
        recipe: all settings.
        actor: name of the style.
        takes: to train on, in ARKit's coefficients, with contents (see ``pairing.with_contents``).
        held_out: takes for validation.
        base: weights of EmoTalk to begin with; None to begin at random.
    """

    def __init__(
        self,
        recipe: EmoTalkRecipe,
        actor: str,
        takes: Sequence[Take],
        held_out: Sequence[Take] = (),
        base: InstalledWeights | None = None,
    ) -> None:
        torch.manual_seed(recipe.seed)
        self._recipe, self._held_out, self._base = recipe, held_out, base
        self._names = [take.name for take in takes]
        self._spec = EMOTALK_SPEC.with_styles((style_name(actor, ()),))
        emotions = sorted({take.labels.emotion for take in takes})
        self._takes = prepare(takes, emotions)
        self.pairs = warp(find_pairs(takes), self._takes)
        """Pseudo-training pairs; without any, the other three losses alone train."""
        config = recipe.network.config(styles=1)
        self.network = EmoTalkNetwork(config, len(emotions))
        if base is not None:
            self._begin_with(base)

    def parameter_groups(self) -> list[ParameterGroup]:
        """Everything but the temporal convolutions."""
        return [ParameterGroup([p for p in self.network.parameters() if p.requires_grad], "adam", betas=_BETAS)]

    def draw(self, step: int, rng: np.random.Generator) -> Batch:
        """Random stretches."""
        return draw_batch(self._takes, self.pairs, self._recipe.batch_size, self._recipe.frames, rng)

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """See ``losses.losses``."""
        return losses(self.network, batch)

    def validate(self, network: nn.Module) -> dict[str, float]:
        """The figures of ``face/capture_metrics.py`` on the held-out takes; the score is the mean absolute error."""
        assert isinstance(network, EmoTalkNetwork)
        weights = {name: tensor.float().cpu() for name, tensor in network.weights.state_dict().items()}
        return figures(EmoTalk(weights, network.config, self._spec), self._held_out, controls_of)

    def base_figures(self) -> dict[str, float]:
        """The figures of the weights that training began with."""
        if self._base is None:
            return {}
        return figures(EmoTalk.load(self._base.path, self._base.spec), self._held_out, controls_of)

    def export(self, network: nn.Module, path: Path, provenance: dict[str, str]) -> None:
        """Write the network without its classifier."""
        assert isinstance(network, EmoTalkNetwork)
        metadata = _metadata(network.config, self._spec, self._base) | {TAKES: json.dumps(self._names)}
        arrays = {name: tensor.float().cpu().numpy() for name, tensor in network.weights.state_dict().items()}
        write_safetensors(path, arrays, {**metadata, **provenance})

    def _begin_with(self, base: InstalledWeights) -> None:
        """Take over weights but for the styles: the actor's is the first one."""
        arrays, metadata = read_safetensors(base.path)
        config = EmoTalkConfig.from_json(metadata.get("config", ""))
        wanted = asdict(self.network.config) | {"styles": config.styles}
        if asdict(config) != wanted:
            raise EmoTalkError(f"{base.model_id} has other sizes than the recipe's network; set them alike")
        state = {name: torch.from_numpy(array.copy()) for name, array in arrays.items()}
        state["style.weight"] = state["style.weight"][:, :1].clone()
        self.network.weights.load_state_dict(state)


def controls_of(labels: Labels) -> Controls:
    """The level of a take; its emotion the network hears in the sound."""
    return Controls({"emotion_level": labels.level})


def _metadata(config: EmoTalkConfig, spec: ModelSpec, base: InstalledWeights | None) -> dict[str, str]:
    licence = f"of the takes, and of the base: {base.licence}" if base else "of the takes"
    return {
        "model": MODEL_ID,
        "config": json.dumps(asdict(config)),
        "licence": licence,
        "notice": base.notice if base else "",
        **spec_metadata(spec),
    }
