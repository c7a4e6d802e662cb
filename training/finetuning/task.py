"""The training of an actor's own style, as a task for the trainer."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from torch import Tensor, nn

from ...face.controls import Controls
from ...inference.checkpoints.actor_weights import ActorWeights
from ...inference.checkpoints.library import InstalledWeights
from ...inference.contract import FaceModel, Speech
from ..arrays import BoolArray
from ..captures.take import Labels, Take
from ..evaluation.takes import score_takes
from ..task import ParameterGroup
from .batches import Batch, Line, draw_batch
from .captured import moving_channels
from .export import export, style_name
from .losses import losses
from .other_voices import variants
from .recipe import ActorRecipe
from .system import ActorNetwork, ActorSystem

_BETAS: Final = (0.9, 0.98)


class ActorTask:
    """An actor's own style.

    Args:
        recipe: all settings.
        actor: her name.
        system: the base, and what is trained.
        base: the weights of ``system``.
        takes: to train on, in ARKit's coefficients.
        held_out: takes for validation.
        others: other voices, on which the base's lips are kept.
    """

    def __init__(
        self,
        recipe: ActorRecipe,
        actor: str,
        system: ActorSystem,
        base: InstalledWeights,
        takes: Sequence[Take],
        held_out: Sequence[Take] = (),
        others: Sequence[Speech] = (),
    ) -> None:
        self._recipe, self._base, self._takes, self._held_out = recipe, base, takes, held_out
        self._system, self.network = system, system.network
        self._actor = style_name(actor, base.spec.styles)
        moving = moving_channels(takes)
        self._own = [self._line(take.speech, take, moving) for take in takes]
        rng = np.random.default_rng(recipe.seed)
        self._others = [self._line(each) for speech in others for each in variants(speech, rng)]

    def parameter_groups(self) -> list[ParameterGroup]:
        """The style learns faster than the low-rank weights."""
        style = self.network.style_parameters()
        fast = {id(parameter) for parameter in style}
        low_rank = [p for p in self.network.parameters() if p.requires_grad and id(p) not in fast]
        return [
            ParameterGroup(low_rank, betas=_BETAS),
            ParameterGroup(style, betas=_BETAS, rate=self._recipe.style_rate, weight_decay=0.0),
        ]

    def draw(self, step: int, rng: np.random.Generator) -> Batch:
        """Random stretches of the takes and of other voices."""
        return draw_batch(self._own, self._others, self._recipe.batch_size, self._recipe.other_share, rng)

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """See ``losses.losses``."""
        return losses(self.network(batch), batch)

    def validate(self, network: nn.Module) -> dict[str, float]:
        """The figures of ``face/capture_metrics.py`` on the held-out takes; the score is the mean absolute error."""
        assert isinstance(network, ActorNetwork)
        weights = ActorWeights(self._actor, self._base.path, self._base.spec, network.changes())
        return figures(self._system.with_actor(weights), self._held_out, self._system.controls)

    def base_figures(self) -> dict[str, float]:
        """The base's figures, with its default style."""
        return figures(self._system.model, self._held_out, self._system.controls)

    def export(self, network: nn.Module, path: Path, provenance: dict[str, str]) -> None:
        """Write what the actor's style changes in the base."""
        assert isinstance(network, ActorNetwork)
        names = [take.name for take in self._takes]
        export(network.changes(), self._system.kind, self._actor, self._base, names, path, provenance)

    def _line(self, speech: Speech, take: Take | None = None, moving: BoolArray | None = None) -> Line:
        """A sound with what is to be learned of it: the base's own curves, and captured ones where there are any."""
        controls = self._system.controls(take.labels) if take else Controls()
        features = self._system.model.encode(speech)
        values = self._system.model.decode(features, controls).values.copy()
        captured = np.zeros(values.shape, bool)
        if take is not None and moving is not None:
            curves = take.curves.resampled(self._base.spec.fps).values[: len(values)]
            captured[: len(curves)] = moving
            values[: len(curves)] = np.where(moving, curves, values[: len(curves)])
        return Line(
            features.arrays,
            values,
            captured,
            controls.emotion_tracks(1)[0],
            controls.constant("emotion_level"),
            take is not None,
        )


def figures(model: FaceModel, takes: Sequence[Take], controls: Callable[[Labels], Controls]) -> dict[str, float]:
    """Means over takes with the controls of their labels; empty without any."""
    if not takes:
        return {}
    predicted = [model.decode(model.encode(take.speech), controls(take.labels)) for take in takes]
    return score_takes(takes, predicted, ("r", "jaw_r", "closure_f1", "velocity_ratio"))
