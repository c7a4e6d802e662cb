"""One half of LaughTalk with batches and gradients, for training; ``inference/models/laughtalk.py`` runs its weights.

Shapes: B items, T frames, F columns of the decoder, C channels.
"""

import torch
from torch import Tensor
from torch.nn import functional

from ...inference.models.faceformer_decoder import decoder_shapes, head_slopes, periodic_encoding
from ...inference.models.laughtalk import LaughTalkConfig
from ...inference.models.wav2vec2 import Wav2Vec2Config
from ..arrays import FloatArray
from ..emote.audio_encoder import AudioEncoder, Disturbances
from ..emote.weights import Weights, start_at_zero


class HalfNetwork(Weights):
    """An encoder behind its convolutions, and its decoder, whose output begins at zero.

    Args:
        config: dimensions of the decoder.
        encoder: of the encoder.
        dropout: of the decoder.
        disturbances: of the encoder.
    """

    slopes: Tensor
    positions: Tensor

    def __init__(
        self, config: LaughTalkConfig, encoder: Wav2Vec2Config, dropout: float, disturbances: Disturbances
    ) -> None:
        shapes = decoder_shapes(encoder.hidden_size, config.features, config.feed_forward, config.channels)
        super().__init__(shapes)
        self.config, self._dropout = config, dropout
        start_at_zero(self, "motion")
        self.register_buffer("slopes", torch.from_numpy(head_slopes(config.heads)), persistent=False)
        encoding = torch.from_numpy(periodic_encoding(config.period, config.features))
        self.register_buffer("positions", encoding, persistent=False)
        self.audio_encoder = AudioEncoder(encoder, disturbances)

    def hear(self, features: Tensor) -> Tensor:
        """(B, T, columns) feature rows to (B, T, F)."""
        return self.linear("memory_map", self.audio_encoder(features))

    def perform(self, memory: Tensor) -> Tensor:
        """(B, T, F) to (B, T, C), each frame from those that it performed before, as in inference."""
        guidance, frames = self._guidance(memory), memory.shape[1]
        seen: Tensor = self.get_parameter("start").expand(len(memory), -1)
        keys: list[Tensor] = []
        values: list[Tensor] = []
        motion = []
        for frame in range(frames):
            row = self._placed(seen[:, None], frame)
            query, key, value = self._attended(row)
            keys, values = [torch.cat([*keys, key], dim=2)], [torch.cat([*values, value], dim=2)]
            behind = torch.arange(frame, -1, -1, device=memory.device)
            row = self._layer(row, (query, keys[0], values[0]), self._fading(behind)[:, None], guidance[:, frame, None])
            motion.append(self.linear("motion", row)[:, 0])
            seen = self.linear("motion_map", motion[-1])
        return torch.stack(motion, dim=1)

    def follow(self, memory: Tensor, past: Tensor) -> Tensor:
        """(B, T, F) to (B, T, C), each frame from the given motion before it: teacher forcing, all frames at once.

        Args:
            memory: of the sound.
            past: (B, T, C) motion; its last frame is not looked at.
        """
        frames = memory.shape[1]
        start = self.get_parameter("start").expand(len(memory), 1, -1)
        rows = self._placed(torch.cat([start, self.linear("motion_map", past[:, :-1])], dim=1), 0)
        places = torch.arange(frames, device=memory.device)
        behind = places[:, None] - places
        bias = self._fading(behind.clamp(min=0)).masked_fill(behind < 0, -torch.inf)
        return self.linear("motion", self._layer(rows, self._attended(rows), bias, self._guidance(memory)))

    def arrays(self) -> dict[str, FloatArray]:
        """Inference's arrays by name within the half, ``decoder.`` and ``encoder.``, without the convolutions'."""
        encoder = {f"encoder.{name}": array for name, array in self.audio_encoder.arrays().items()}
        decoder = {name: array for name, array in super().arrays().items() if not name.startswith("audio_encoder.")}
        return encoder | {f"decoder.{name}": array for name, array in decoder.items()}

    def _placed(self, rows: Tensor, first: int) -> Tensor:
        places = torch.arange(first, first + rows.shape[1], device=rows.device) % self.config.period
        return functional.dropout(rows + self.positions[places], self._rate())

    def _guidance(self, memory: Tensor) -> Tensor:
        return self.linear("cross_attention.out_proj", self.linear("cross_attention.v_proj", memory))

    def _attended(self, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values, (B, heads, n, F / heads) each."""
        qkv = self.linear("self_attention.qkv_proj", rows).reshape(*rows.shape[:2], 3, self.config.heads, -1)
        queries, keys, values = qkv.permute(2, 0, 3, 1, 4)
        return queries, keys, values

    def _fading(self, behind: Tensor) -> Tensor:
        """(heads, ...) bias of keys that lie so many frames behind."""
        periods = torch.div(behind, self.config.period, rounding_mode="floor")
        return -self.slopes.view(-1, *(1 for _ in behind.shape)) * periods

    def _layer(self, rows: Tensor, qkv: tuple[Tensor, Tensor, Tensor], bias: Tensor, guidance: Tensor) -> Tensor:
        rate = self._rate()
        attended = functional.scaled_dot_product_attention(*qkv, bias.to(rows.dtype), rate).transpose(1, 2).flatten(2)
        attended = self.linear("self_attention.out_proj", attended)
        rows = self.layer_norm("norms.0", rows + functional.dropout(attended, rate))
        rows = self.layer_norm("norms.1", rows + functional.dropout(guidance, rate))
        inner = functional.dropout(functional.relu(self.linear("feed_forward.intermediate_dense", rows)), rate)
        inner = self.linear("feed_forward.output_dense", inner)
        return self.layer_norm("norms.2", rows + functional.dropout(inner, rate))

    def _rate(self) -> float:
        return self._dropout if self.training else 0.0
