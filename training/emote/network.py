"""EMOTE in PyTorch with batches and gradients, for training; ``inference/models/emote.py`` runs the same weights.

Shapes: B items, T frames (a multiple of eight), E expressions.
"""

import torch
from torch import Tensor

from ...inference.models.emote import EmoteConfig, weight_shapes
from ..arrays import FloatArray
from .audio_encoder import AudioEncoder, Disturbances
from .flint_network import FlintDecoder
from .weights import Weights, start_at_zero

_PARTS = ("audio_encoder.", "motion_decoder.")


class EmoteNetwork(Weights):
    """All of EMOTE behind the convolutions of its speech encoder.

    Args:
        config: dimensions.
        dropout: of the transformer layer.
        disturbances: of the speech encoder.
    """

    def __init__(self, config: EmoteConfig, dropout: float, disturbances: Disturbances) -> None:
        super().__init__({name: s for name, s in weight_shapes(config).items() if not name.startswith(_PARTS)})
        self.config, self._dropout = config, dropout
        start_at_zero(self, "decoder")
        self.audio_encoder = AudioEncoder(config.encoder, disturbances)
        self.motion_decoder = FlintDecoder(config.prior, frozen=True)

    def hear(self, features: Tensor, learns: bool) -> Tensor:
        """(B, T, C) feature rows to (B, T, F) audio features.

        Args:
            features: of the convolutions, resampled.
            learns: whether the speech encoder is trained; else it is in evaluation, as the second stage has it.
        """
        if learns:
            hidden = self.audio_encoder(features)
        else:
            was, _ = self.audio_encoder.training, self.audio_encoder.eval()
            with torch.no_grad():
                hidden = self.audio_encoder(features)
            self.audio_encoder.train(was)
        return self.linear("sequence_encoder", hidden)

    def perform(self, audio: Tensor, conditions: Tensor) -> Tensor:
        """Expression and jaw.

        Args:
            audio: (B, T, F) of ``hear``.
            conditions: (B, 11 + identities) emotion, intensity and identity of each item.

        Returns:
            (B, T, E + 3).
        """
        config, (items, frames, _) = self.config, audio.shape
        style = self.linear("style", conditions)[:, None].expand(-1, frames, -1)
        fused = torch.cat([audio, style], dim=2)
        fused = self.biased_layer("transformer", fused, config.heads, config.period, self._dropout)
        decoded = self.linear("decoder", fused).reshape(items, frames // config.prior.frames_per_latent, -1)
        motion: Tensor = self.motion_decoder(self.linear("squasher", decoded))
        return motion

    def arrays(self) -> dict[str, FloatArray]:
        """Inference's arrays by name, without the convolutions' of the speech encoder."""
        arrays = super().arrays()
        arrays.pop("audio_encoder.masked_spec_embed")
        return arrays
