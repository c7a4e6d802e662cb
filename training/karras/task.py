"""The training of Karras et al. 2017 on the takes of one actor, as a task for the trainer."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from ...face.controls import Controls
from ...face.curves import FaceCurves
from ...inference.contract import ModelSpec
from ...inference.models.karras import Karras
from ..arrays import FloatArray
from ..captures.take import Take
from ..evaluation.baselines import RidgeRegression
from ..evaluation.takes import TAKES, score_takes
from ..task import ParameterGroup
from .batches import Batch, draw_batch
from .export import export, inference_arrays
from .listening import listen_to
from .losses import Losses
from .mining import mine_presets
from .network import KarrasNetwork
from .prepared_takes import hear_nothing, muted_shot, prepare_takes, rest_pose
from .recipe import KarrasRecipe

_BETAS: Final = (0.9, 0.99)
_FIGURES: Final = ("r", "jaw_r", "velocity_ratio")


class NetworkWithEmotions(nn.Module):
    """All that is trained: the network, and an emotion vector for each captured frame.

    Args:
        recipe: sizes.
        poses: (frames, channels) all training poses.
        rows: of the table of emotion vectors; the muted shot's included.
        losses: whose running scales belong to the state of the training.
        content_size: content features that the network hears besides.
    """

    def __init__(
        self, recipe: KarrasRecipe, poses: FloatArray, rows: int, losses: Losses, content_size: int = 0
    ) -> None:
        super().__init__()
        self.network = KarrasNetwork(recipe.network, poses, content_size)
        self.emotions = nn.Parameter(recipe.emotion_spread * torch.randn(rows, recipe.network.emotion_size))
        self.losses = losses


class KarrasTask:
    """The training on the takes of one actor.

    Args:
        recipe: all settings.
        takes: to train on; all of one basis and rate.
        held_out: takes for validation.
    """

    def __init__(self, recipe: KarrasRecipe, takes: Sequence[Take], held_out: Sequence[Take] = ()) -> None:
        torch.manual_seed(recipe.seed)
        self._recipe, self._trained, self._held_out = recipe, takes, held_out
        self._basis, self._fps = takes[0].curves.basis, takes[0].curves.fps
        self._listening = listen_to(takes, recipe.content) if recipe.content else None
        hear = self._listening.listener.hear if self._listening else hear_nothing
        self._takes = prepare_takes(takes, hear)
        self._frames = sum(len(take.values) for take in self._takes)
        rest, rng = rest_pose(self._takes), np.random.default_rng(recipe.seed)
        self._muted = muted_shot(rest, self._fps, self._frames, rng, hear)
        poses = np.concatenate([take.values for take in self._takes])
        rows = self._frames + len(self._muted.values)
        size = self._takes[0].content.shape[1]
        self.network = NetworkWithEmotions(recipe, poses, rows, Losses(self._basis, recipe.position), size)

    def parameter_groups(self) -> list[ParameterGroup]:
        """The network and the emotion vectors; only the former's weights decay."""
        network = list(self.network.network.parameters())
        return [
            ParameterGroup(network, betas=_BETAS),
            ParameterGroup([self.network.emotions], betas=_BETAS, weight_decay=0.0),
        ]

    def draw(self, step: int, rng: np.random.Generator) -> Batch:
        """Random stretches of the takes."""
        return draw_batch(self._takes, self._muted, self._recipe, rng)

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """See ``losses.Losses``."""
        table = self.network.emotions
        emotions = torch.lerp(table[batch.rows], table[batch.rows + 1], batch.shares[:, :, None])
        neutral = table[: self._frames].mean(dim=0).detach()
        seen = torch.where(batch.neutral[:, None, None] > 0, neutral, emotions)
        poses = self.network.network(batch.frames, batch.content, seen, self._recipe.spacing)
        terms: dict[str, Tensor] = self.network.losses(poses.float(), emotions, batch)
        return terms

    def validate(self, network: nn.Module) -> dict[str, float]:
        """The figures of ``face/capture_metrics.py`` on the held-out takes; the score is the mean absolute error."""
        if not self._held_out:
            return {}
        assert isinstance(network, NetworkWithEmotions)
        arrays = inference_arrays(network.network, self._neutral(network), [])
        config = {"compression": self._recipe.network.compression}
        listener = self._listening.listener if self._listening else None
        model = Karras(arrays, config, ModelSpec(self._basis, self._fps), listener)
        predicted = [model.decode(model.encode(take.speech), Controls()) for take in self._held_out]
        return score_takes(self._held_out, predicted, _FIGURES)

    def base_figures(self) -> dict[str, float]:
        """The figures of ridge regression on log-mel, fitted on the same takes: what a network has to beat."""
        if not self._held_out:
            return {}
        ridge = RidgeRegression.fit(self._trained)
        predicted = [
            FaceCurves(ridge.predict(take.speech, take.curves.frames).astype(np.float32), self._basis, self._fps)
            for take in self._held_out
        ]
        return score_takes(self._held_out, predicted, _FIGURES)

    def export(self, network: nn.Module, path: Path, provenance: dict[str, str]) -> None:
        """Write the network with mined emotions, in half precision."""
        assert isinstance(network, NetworkWithEmotions)
        table = network.emotions[: self._frames].detach().cpu().numpy()
        neutral = self._neutral(network)
        rng = np.random.default_rng(self._recipe.seed)
        presets = mine_presets(network.network, table, neutral, self._takes, self._basis, self._recipe.presets, rng)
        names = [take.name for take in self._trained]
        spec = ModelSpec(self._basis, self._fps, emotions=tuple(preset.name for preset in presets))
        export(
            network.network,
            neutral,
            presets,
            spec,
            path,
            self._listening,
            {"trained_on": f"{len(names)} takes", TAKES: json.dumps(names), **provenance},
        )

    def _neutral(self, network: NetworkWithEmotions) -> FloatArray:
        """(E,) the mean of the takes' emotion vectors, which fits most frames best."""
        return np.asarray(network.emotions[: self._frames].detach().mean(dim=0).cpu().numpy())
