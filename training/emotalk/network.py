"""EmoTalk in PyTorch, for training; ``inference/models/emotalk.py`` runs the same weights faster, without gradients.

Weights have the names of inference's files. Shapes: B items, N samples, L feature rows, T frames, H hidden columns.
"""

import math
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...inference.models.emotalk import EmoTalkConfig, emotion_frame_count, periodic_encoding, weight_shapes
from ...inference.models.layers import LAYER_NORM_EPS

CONTENT: Final = "content_encoder"
EMOTION: Final = "emotion_encoder"
_FROZEN: Final = ".feature_extractor."
"""The temporal convolutions, which the paper freezes."""


class EmoTalkNetwork(nn.Module):
    """The published network with its auxiliary classifier of emotions.

    Args:
        config: dimensions.
        classes: emotions that are told apart.
    """

    def __init__(self, config: EmoTalkConfig, classes: int) -> None:
        super().__init__()
        self.config = config
        self.weights = _Branch()
        for name, shape in weight_shapes(config).items():
            self.weights.put(name.split("."), nn.Parameter(_initial(name, shape), _FROZEN not in name))
        self.classifier = nn.Linear(config.encoder.hidden_size, classes)

    def hear(self, samples: Tensor, frames: int) -> tuple[Tensor, Tensor]:
        """What both encoders make of sounds of mean 0 and variance 1.

        Args:
            samples: (B, N).
            frames: T, of the content; the emotion's are those of the released code.

        Returns:
            (B, T, H) content and (B, T', H) emotion.
        """
        content = self._transform(CONTENT, _resize(self._convolve(CONTENT, samples), frames))
        rows = self._convolve(EMOTION, samples)
        return content, self._transform(EMOTION, _resize(rows, emotion_frame_count(rows.shape[1])))

    def logits(self, emotion: Tensor) -> Tensor:
        """(B, T', H) of the emotion encoder to (B, classes)."""
        found: Tensor = self.classifier(emotion.mean(dim=1))
        return found

    def decode(self, content: Tensor, emotion: Tensor, levels: Tensor, styles: Tensor) -> Tensor:
        """Coefficients of a content with an emotion.

        Args:
            content: (B, T, H).
            emotion: (B, T', H), of the same sounds or of others.
            levels: (B,) 0..1.
            styles: (B, styles) weights.

        Returns:
            (B, T, 52).
        """
        frames = content.shape[1]
        memory = self._linear("memory_map", _resize(emotion, frames))
        fused = torch.cat([self._linear("content_map", content), self._linear("emotion_map", memory).relu()], dim=2)
        steps = torch.stack([1 - levels, levels], dim=1)
        condition = torch.cat([self._linear("level", steps), self._linear("style", styles)], dim=1)
        fused = torch.cat([fused, condition[:, None].expand(-1, frames, -1)], dim=2)
        if self.config.periodic_encoding:
            fused = fused + periodic_encoding(frames, self.config).to(fused)
        guidance = self._linear(
            "decoder.emotion_guided_attention.out_proj",
            self._linear("decoder.emotion_guided_attention.v_proj", memory),
        )
        qkv = self._linear("decoder.self_attention.qkv_proj", fused)
        attended = attend(qkv, self.config.decoder_heads, periodic_bias(frames, self.config, fused.device))
        hidden = self._norm("decoder.norms.0", fused + self._linear("decoder.self_attention.out_proj", attended))
        hidden = self._norm("decoder.norms.1", hidden + guidance)
        inner = self._linear("decoder.feed_forward.intermediate_dense", hidden).relu()
        hidden = self._norm("decoder.norms.2", hidden + self._linear("decoder.feed_forward.output_dense", inner))
        return self._linear("blendshapes", hidden)

    def _convolve(self, encoder: str, samples: Tensor) -> Tensor:
        """(B, N) to (B, L, C)."""
        config, rows = self.config.encoder, samples[:, None]
        for i, (kernel, stride) in enumerate(zip(config.conv_kernel, config.conv_stride, strict=True)):
            layer = f"{encoder}.feature_extractor.conv_layers.{i}"
            matrix = self._of(f"{layer}.conv.weight")
            weight = matrix.view(len(matrix), kernel, -1).transpose(1, 2)
            bias = self._of(f"{layer}.conv.bias") if config.conv_bias else None
            rows = functional.conv1d(rows, weight, bias, stride)
            rows = functional.gelu(self._norm(f"{layer}.layer_norm", rows.transpose(1, 2))).transpose(1, 2)
        return rows.transpose(1, 2)

    def _transform(self, encoder: str, rows: Tensor) -> Tensor:
        """(B, T, C) to (B, T, H)."""
        config = self.config.encoder
        rows = self._norm(f"{encoder}.feature_projection.layer_norm", rows)
        hidden = self._linear(f"{encoder}.feature_projection.projection", rows)
        place, taps = f"{encoder}.encoder.pos_conv_embed.conv", config.num_conv_pos_embeddings
        weight, bias = self._of(f"{place}.weight"), self._of(f"{place}.bias")
        groups = config.num_conv_pos_embedding_groups
        position = functional.conv1d(hidden.transpose(1, 2), weight, bias, padding=taps // 2, groups=groups)
        hidden = hidden + functional.gelu(position[:, :, : hidden.shape[1]]).transpose(1, 2)
        for i in range(config.num_hidden_layers):
            layer = f"{encoder}.encoder.layers.{i}"
            qkv = self._linear(f"{layer}.attention.qkv_proj", self._norm(f"{layer}.layer_norm", hidden))
            attended = attend(qkv, config.num_attention_heads)
            hidden = hidden + self._linear(f"{layer}.attention.out_proj", attended)
            inner = self._norm(f"{layer}.final_layer_norm", hidden)
            inner = functional.gelu(self._linear(f"{layer}.feed_forward.intermediate_dense", inner))
            hidden = hidden + self._linear(f"{layer}.feed_forward.output_dense", inner)
        return self._norm(f"{encoder}.encoder.layer_norm", hidden)

    def _of(self, name: str) -> Tensor:
        return self.weights.get_parameter(name)

    def _linear(self, name: str, rows: Tensor) -> Tensor:
        return functional.linear(rows, self._of(f"{name}.weight"), self._of(f"{name}.bias"))

    def _norm(self, name: str, rows: Tensor) -> Tensor:
        weight = self._of(f"{name}.weight")
        return functional.layer_norm(rows, weight.shape, weight, self._of(f"{name}.bias"), LAYER_NORM_EPS)


class _Branch(nn.Module):
    """Parameters by names with dots."""

    def put(self, path: list[str], parameter: nn.Parameter) -> None:
        """Register a parameter under its path."""
        if len(path) == 1:
            self.register_parameter(path[0], parameter)
            return
        if path[0] not in self._modules:
            self.add_module(path[0], _Branch())
        branch = self._modules[path[0]]
        assert isinstance(branch, _Branch)
        branch.put(path[1:], parameter)


def _initial(name: str, shape: tuple[int, ...]) -> Tensor:
    """First values: norms do nothing, biases are 0, everything else is uniform by its inputs."""
    if name.endswith(".bias"):
        return torch.zeros(shape)
    if len(shape) == 1:
        return torch.ones(shape)
    bound = 1 / math.sqrt(math.prod(shape[1:]))
    return torch.empty(shape).uniform_(-bound, bound)


def periodic_bias(frames: int, config: EmoTalkConfig, device: torch.device) -> Tensor:
    """(heads, T, T): see ``inference.models.emotalk.periodic_bias``; here the oldest key comes first."""
    behind = torch.arange(frames, device=device)[:, None] - torch.arange(frames, device=device)
    slopes = torch.tensor([2.0 ** (-2 * (head + 1)) for head in range(config.decoder_heads)], device=device)
    fading = -slopes[:, None, None] * torch.div(behind, config.period, rounding_mode="floor")
    return fading.masked_fill(behind < 0, -torch.inf)


def attend(qkv: Tensor, heads: int, bias: Tensor | None = None) -> Tensor:
    """(B, T, 3 width) queries, keys and values to (B, T, width)."""
    items, frames, width = qkv.shape
    queries, keys, values = qkv.view(items, frames, 3, heads, -1).permute(2, 0, 3, 1, 4)
    mixed = functional.scaled_dot_product_attention(queries, keys, values, bias)
    return mixed.transpose(1, 2).reshape(items, frames, width // 3)


def _resize(rows: Tensor, count: int) -> Tensor:
    """(B, L, width) to (B, count, width) as ``inference.models.wav2vec2.resize``."""
    return functional.interpolate(rows.transpose(1, 2), size=count, mode="linear", align_corners=True).transpose(1, 2)
