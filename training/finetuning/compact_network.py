"""EmoTalk Compact with an actor's style in PyTorch: the base frozen, with low-rank weights in its decoder."""

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...inference.models.compact import GESTURE_FRAMES, NAMES_IN_FILES, SIGNALS
from ..compact.network import CompactNetwork
from .low_rank import adapt

_DECODER: Final = (
    "fusion",
    *(f"{block}.{part}" for block in ("listen", "guide") for part in ("query", "key", "value", "out")),
    "feed.inner",
    "feed.outer",
    "face",
)
"""Layers with low-rank weights."""


class ActorNetwork(nn.Module):
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
        named = dict(self.compact.named_parameters())
        return [named[name] for name in ("style.weight", "firmness", "rest_press")]

    def forward(self, content: Tensor, signals: Tensor, emotion: Tensor, emotions: Tensor, levels: Tensor) -> Tensor:
        """Coefficients as inference gives them.

        Gradients pass the limits 0 and 1 as if they were not there, so that a channel at its limit can leave it.

        Args:
            content: (batch, frames, size) what inference keeps of a sound, as are the next two.
            signals: (batch, frames, signals) logits.
            emotion: (batch, frames, size).
            emotions: (batch, 8) weights.
            levels: (batch,) 0..1.

        Returns:
            (batch, frames, 52).
        """
        frames = content.shape[1]
        chances = torch.sigmoid(signals)
        shares = {name: _decided(chances[..., i], *self._decide[name]) for i, name in enumerate(SIGNALS)}
        styles = content.new_ones(*content.shape[:2], 1)
        many, constant = emotions[:, None].expand(-1, frames, -1), levels[:, None].expand(-1, frames)
        values = self.compact.decode(content, signals, emotion, many, styles, constant, shares["speech"])
        values = values + (values.clamp(0, 1) - values).detach()
        bilabial = _as_one_gesture(shares["bilabial"], chances[..., 0] > self._decide["bilabial"][0])
        return self.compact.add_contacts(values, bilabial, shares["labiodental"], styles)


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
