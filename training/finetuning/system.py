"""What an actor's style is trained for: a base network that can take one on."""

from collections.abc import Mapping
from typing import Protocol

from torch import Tensor, nn

from ...face.controls import Controls
from ...inference.checkpoints.actor_weights import ActorWeights
from ...inference.contract import FaceModel
from ..arrays import FloatArray
from ..captures.take import Labels


class ActorNetwork(nn.Module):
    """A base network's decoder with one style, the actor's; frozen but for low-rank weights and that style."""

    def forward(self, batch: Mapping[str, Tensor]) -> Tensor:
        """(batch, frames, 52) coefficients as inference gives them.

        Args:
            batch: from ``batches.draw_batch``; the base's features are in it by their names.
        """
        raise NotImplementedError

    def style_parameters(self) -> list[nn.Parameter]:
        """The actor's style, without low-rank weights."""
        raise NotImplementedError

    def changes(self) -> dict[str, FloatArray]:
        """What the actor's weights change in the base's file; see ``inference.checkpoints.actor_weights``."""
        raise NotImplementedError


class ActorSystem(Protocol):
    """A base network, in inference and as it is trained."""

    @property
    def kind(self) -> str:
        """The kind of the actor's weights, a name in ``registry.NETWORKS``."""
        ...

    @property
    def model(self) -> FaceModel:
        """The base in inference."""
        ...

    @property
    def network(self) -> ActorNetwork:
        """What is trained."""
        ...

    def controls(self, labels: Labels) -> Controls:
        """The controls that a take was acted with."""
        ...

    def with_actor(self, weights: ActorWeights) -> FaceModel:
        """The base in inference with an actor's style."""
        ...
