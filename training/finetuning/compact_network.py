"""EmoTalk Compact with an actor's style in PyTorch: the base frozen, with low-rank weights in its last layers."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ...inference.models.compact import FPS, GESTURE_FRAMES, NAMES_IN_FILES, SIGNALS
from ..arrays import FloatArray
from ..compact.export import read_network
from ..compact.network import CONTENT_RATE, CompactNetwork
from .low_rank import adapt

_DECODER: Final = (
    "fusion",
    *(f"{block}.{part}" for block in ("listen", "guide") for part in ("query", "key", "value", "out")),
    "feed.inner",
    "feed.outer",
    "face",
)
"""Layers of the decoder with low-rank weights."""


@dataclass(frozen=True)
class Heard:
    """What the adapted layers hear of a sound.

    Attributes:
        rows: (reach + content frames + reach, width) float32 hidden rows of the content encoder at 50 Hz.
        emotion: (frames, size) float32 emotion features at 30 Hz.
    """

    rows: FloatArray
    emotion: FloatArray


class ActorNetwork(nn.Module):
    """A base network with one style: the actor's.

    Args:
        base: EmoTalk Compact's, not changed.
        decide: thresholds of its signals.
        rank: of the low-rank weights.
        encoder_blocks: so many of the content encoder's last blocks are adapted, and its output with them.
        dropout: share of these blocks' channels dropped in training.
    """

    def __init__(
        self, base: CompactNetwork, decide: dict[str, list[float]], rank: int, encoder_blocks: int, dropout: float
    ) -> None:
        super().__init__()
        self.decide = {name: decide[NAMES_IN_FILES[name]] for name in SIGNALS}
        config = replace(base.config, dropout=dropout)
        self.compact = CompactNetwork(config, styles=1)
        state = {**base.state_dict(), "style.weight": base.style.weight[:, :1], "firmness": base.firmness[:1]}
        self.compact.load_state_dict(state)
        self.first = max(len(config.content_dilations) - encoder_blocks, 0)
        """The first block of the content encoder that is adapted."""
        self.reach = sum(config.content_dilations[self.first :])
        """Hidden rows to both sides that a content frame needs."""
        blocks = range(self.first, len(config.content_dilations))
        encoder = [f"content.blocks.{block}.{part}" for block in blocks for part in ("conv", "mix")]
        adapt(self.compact, [*encoder, *(["content.out"] if encoder else []), *_DECODER], rank)
        self.compact.style.weight.requires_grad_(True)
        for name in ("firmness", "rest_press"):
            first = getattr(self.compact, name).clone()
            delattr(self.compact, name)
            setattr(self.compact, name, nn.Parameter(first))

    def style_parameters(self) -> list[nn.Parameter]:
        """The actor's style: its row, the firmness of the contacts, and the lips at rest."""
        named = dict(self.compact.named_parameters())
        return [named[name] for name in ("style.weight", "firmness", "rest_press")]

    def forward(self, rows: Tensor, emotion: Tensor, emotions: Tensor, levels: Tensor) -> tuple[Tensor, Tensor]:
        """Coefficients as inference gives them, and the signals they rest on.

        Gradients pass the limits 0 and 1 as if they were not there, so that a channel at its limit can leave it.

        Args:
            rows: (batch, reach + content frames + reach, width).
            emotion: (batch, frames, size).
            emotions: (batch, 8) weights.
            levels: (batch,) 0..1.

        Returns:
            (batch, frames, 52) and (batch, frames, signals) logits.
        """
        content, signals = self._content(rows, emotion.shape[1])
        frames = emotion.shape[1]
        shares = {
            name: _decided(torch.sigmoid(signals[..., i]), *self.decide[name]) for i, name in enumerate(SIGNALS)
        }
        styles = emotion.new_ones(*emotion.shape[:2], 1)
        values = self.compact.decode(
            content,
            signals,
            emotion,
            emotions[:, None].expand(-1, frames, -1),
            styles,
            levels[:, None].expand(-1, frames),
            shares["speech"],
        )
        values = values + (values.clamp(0, 1) - values).detach()
        likely = torch.sigmoid(signals[..., 0]) > self.decide["bilabial"][0]
        bilabial = _as_one_gesture(shares["bilabial"], likely)
        return self.compact.add_contacts(values, bilabial, shares["labiodental"], styles), signals

    def _content(self, rows: Tensor, frames: int) -> tuple[Tensor, Tensor]:
        """Content features and signals at the frames of the face, from hidden rows that begin with the first one."""
        encoder = self.compact.content
        for block in list(encoder.blocks)[self.first :]:
            rows = block(rows)
        rows = rows[:, self.reach : rows.shape[1] - self.reach]
        dense = encoder.out(encoder.norm(rows))
        position = torch.arange(frames, device=rows.device) * (CONTENT_RATE / FPS)
        below = position.long().clamp(max=dense.shape[1] - 2)
        part = (position - below)[:, None].to(dense.dtype)
        sampled = dense[:, below] * (1 - part) + dense[:, below + 1] * part
        size = self.compact.config.content_size
        return sampled[..., :size], sampled[..., size:]


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
