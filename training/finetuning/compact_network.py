"""EmoTalk Compact with an actor's style in PyTorch: the base frozen, with low-rank weights in its decoder."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ...face.controls import Controls
from ...face.emotions import ALIASES, EMOTIONS, NEUTRAL
from ...inference.checkpoints.actor_weights import LEFT, RIGHT, ActorWeights
from ...inference.checkpoints.library import InstalledWeights
from ...inference.contract import FaceModel
from ...inference.models.compact import GESTURE_FRAMES, NAMES_IN_FILES, SIGNALS, EmoTalkCompact
from ...inference.models.compact_actor import with_actor
from ..arrays import FloatArray
from ..captures.take import Labels
from ..compact.export import read_network
from ..compact.network import CompactNetwork
from .low_rank import adapt, factors
from .system import ActorNetwork

_DECODER: Final = (
    "fusion",
    *(f"{block}.{part}" for block in ("listen", "guide") for part in ("query", "key", "value", "out")),
    "feed.inner",
    "feed.outer",
    "face",
)
"""Layers with low-rank weights."""


class CompactActorNetwork(ActorNetwork):
    """The decoder of a base network with one style: the actor's.

    Args:
        base: EmoTalk Compact's, not changed.
        decide: thresholds of its signals.
        rank: of the low-rank weights.
    """

    def __init__(self, base: CompactNetwork, decide: dict[str, list[float]], rank: int) -> None:
        super().__init__()
        self._decide = {name: decide[NAMES_IN_FILES[name]] for name in SIGNALS}
        self.compact = CompactNetwork(base.config, styles=1)
        state = {**base.state_dict(), "style.weight": base.style.weight[:, :1], "firmness": base.firmness[:1]}
        self.compact.load_state_dict(state)
        adapt(self.compact, _DECODER, rank)
        self.compact.style.weight.requires_grad_(True)
        for name in ("firmness", "rest_press"):
            first = getattr(self.compact, name).clone()
            delattr(self.compact, name)
            setattr(self.compact, name, nn.Parameter(first))

    def style_parameters(self) -> list[nn.Parameter]:
        """The actor's style: its row, the firmness of the contacts, and the lips at rest."""
        return list(self._style().values())

    def changes(self) -> dict[str, FloatArray]:
        """See ``ActorNetwork``; in the base's file, matrices are (in, out)."""
        arrays = {name: value.detach().cpu().numpy().T for name, value in self._style().items()}
        for name, up, down in factors(self.compact):
            arrays[name + LEFT], arrays[name + RIGHT] = down.T, up.T
        return {name: np.asarray(array, np.float32, order="C") for name, array in arrays.items()}

    def _style(self) -> dict[str, nn.Parameter]:
        named = dict(self.compact.named_parameters())
        return {name: named[name] for name in ("style.weight", "firmness", "rest_press")}

    def forward(self, batch: Mapping[str, Tensor]) -> Tensor:
        """See ``ActorNetwork``.

        Gradients pass the limits 0 and 1 as if they were not there, so that a channel at its limit can leave it.
        """
        content, signals, emotion = (batch[name] for name in ("content", "signals", "emotion"))
        frames = content.shape[1]
        chances = torch.sigmoid(signals)
        shares = {name: _decided(chances[..., i], *self._decide[name]) for i, name in enumerate(SIGNALS)}
        styles = content.new_ones(*content.shape[:2], 1)
        many, constant = batch["emotions"][:, None].expand(-1, frames, -1), batch["levels"][:, None].expand(-1, frames)
        values = self.compact.decode(content, signals, emotion, many, styles, constant, shares["speech"])
        values = values + (values.clamp(0, 1) - values).detach()
        bilabial = _as_one_gesture(shares["bilabial"], chances[..., 0] > self._decide["bilabial"][0])
        return self.compact.add_contacts(values, bilabial, shares["labiodental"], styles)


class CompactSystem:
    """EmoTalk Compact as a base.

    Args:
        base: its weights.
        rank: of the low-rank weights.

    Raises:
        EmoTalkError: they are no weights of EmoTalk Compact.
    """

    kind: Final = "emotalk-compact-actor"

    def __init__(self, base: InstalledWeights, rank: int) -> None:
        self._base = EmoTalkCompact.load(base.path, base.spec)
        self.model: FaceModel = self._base
        self.network: ActorNetwork = CompactActorNetwork(*read_network(base.path), rank)

    def controls(self, labels: Labels) -> Controls:
        """The take's emotion and level; an emotion that the network lacks is neutral."""
        emotion = ALIASES.get(labels.emotion, labels.emotion)
        acted = {emotion: labels.intensity} if emotion in EMOTIONS and emotion != NEUTRAL else {}
        return Controls({**acted, "emotion_level": labels.level})

    def with_actor(self, weights: ActorWeights) -> FaceModel:
        """See ``ActorSystem``."""
        return with_actor(self._base, weights, self.kind)


def _decided(chance: Tensor, low: float, high: float) -> Tensor:
    """``inference.models.compact.decided`` in torch."""
    share = ((chance - low) / (high - low)).clamp(0, 1)
    return share * share * (3 - 2 * share)


def _as_one_gesture(shares: Tensor, likely: Tensor) -> Tensor:
    """``inference.models.compact.as_one_gesture`` of (batch, frames) in torch."""
    for _ in range(GESTURE_FRAMES):
        grown = functional.max_pool1d(shares[:, None], 3, 1, 1)[:, 0]
        shares = torch.where(likely, grown, shares)
    return shares
