"""The reference arithmetic of LaughTalk: the network as one would write it down, the past run again for every frame.

Hugging Face's wav2vec 2.0 with eager attention, PyTorch's own decoder layer with the masks of FaceFormer's paper, and
its loop, which gives the whole motion so far to the decoder to get one more frame. It is the baseline of
``laughtalk.py`` in this folder and what the tests compare with.
"""

import math

import numpy as np
import torch
from emotalk.inference.checkpoints.wav2vec2_converter import convert_wav2vec2
from emotalk.inference.models.laughtalk import LaughTalkConfig
from emotalk.inference.models.wav2vec2 import Wav2Vec2Config
from released_network import last_hidden_state, wav2vec2
from torch import Tensor, nn


class PlainLaughTalk(nn.Module):
    """Both halves."""

    def __init__(self, config: LaughTalkConfig) -> None:
        super().__init__()
        self.config = config
        self.halves = nn.ModuleDict({name: PlainHalf(config, encoder) for name, encoder in config.encoders.items()})

    @torch.no_grad()
    def forward(self, samples: np.ndarray, frames: int) -> dict[str, Tensor]:
        """(N,) samples to the talk and the residual, (T, C) each."""
        sound = torch.from_numpy(((samples - samples.mean()) / np.sqrt(samples.var() + 1e-7)).astype(np.float32))[None]
        return {name: half.perform(half.hear(sound, frames)) for name, half in self.halves.items()}


class PlainHalf(nn.Module):
    """An encoder and its decoder, with FaceFormer's names of layers where it has some."""

    def __init__(self, config: LaughTalkConfig, dimensions: Wav2Vec2Config, encoder: bool = True) -> None:
        super().__init__()
        self.config, width = config, config.features
        if encoder:
            self.audio_encoder = wav2vec2(dimensions)
        self.audio_feature_map = nn.Linear(dimensions.hidden_size, width)
        self.start = nn.Parameter(torch.randn(width))
        self.motion_map = nn.Linear(config.channels, width)
        layer = nn.TransformerDecoderLayer(width, config.heads, config.feed_forward, dropout=0.0, batch_first=True)
        self.transformer_decoder = nn.TransformerDecoder(layer, num_layers=1)
        self.motion_map_r = nn.Linear(width, config.channels)

    def hear(self, sound: Tensor, frames: int) -> Tensor:
        """(1, N) samples to (1, T, F)."""
        return self.audio_feature_map(last_hidden_state(self.audio_encoder, sound, lambda _: frames))

    def perform(self, memory: Tensor) -> Tensor:
        """(1, T, F) to (T, C), one frame after the other."""
        seen = self.start[None, None]
        for frame in range(memory.shape[1]):
            motion = self.decode(seen, memory)
            seen = torch.cat([seen, self.motion_map(motion[:, frame : frame + 1])], dim=1)
        return motion[0]

    def decode(self, seen: Tensor, memory: Tensor) -> Tensor:
        """(1, n, F) what was performed before each of n frames, and (1, T, F), to (1, n, C)."""
        frames = seen.shape[1]
        diagonal = torch.full((frames, memory.shape[1]), -math.inf)
        diagonal.fill_diagonal_(0)
        bias = self.bias(frames).repeat(len(seen), 1, 1)
        rows = seen + positions_of(frames, self.config)
        return self.motion_map_r(self.transformer_decoder(rows, memory, tgt_mask=bias, memory_mask=diagonal))

    def bias(self, frames: int) -> Tensor:
        """(heads, T, T) what is added to the scores of self-attention; the future is forbidden."""
        config = self.config
        behind = torch.arange(frames)[:, None] - torch.arange(frames)[None]
        slopes = torch.tensor([2.0 ** -(8 / config.heads * (head + 1)) for head in range(config.heads)])
        bias = -slopes[:, None, None] * torch.div(behind, config.period, rounding_mode="floor")
        return bias.masked_fill(behind < 0, -math.inf)


def positions_of(frames: int, config: LaughTalkConfig) -> Tensor:
    """(T, F) the periodic positional encoding."""
    rates = torch.exp(torch.arange(0, config.features, 2) * (-math.log(10_000.0) / config.features))
    angles = (torch.arange(frames) % config.period)[:, None] * rates
    return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)


def weights_of(network: PlainLaughTalk) -> dict[str, Tensor]:
    """The same weights under the names of ``inference/models/laughtalk.py``."""
    weights: dict[str, Tensor] = {}
    for name, half in network.halves.items():
        encoder = dict(convert_wav2vec2(half.audio_encoder.state_dict()))
        weights |= {f"{name}_encoder.{each}": weight for each, weight in encoder.items()}
        weights |= {f"{name}_decoder.{each}": weight for each, weight in decoder_weights(half).items()}
    return weights


def decoder_weights(half: PlainHalf) -> dict[str, Tensor]:
    """A decoder's under the names of ``inference/models/faceformer_decoder.py``."""
    layer, width = half.transformer_decoder.layers[0], half.config.features
    crossed = layer.multihead_attn
    linears = {
        "memory_map": half.audio_feature_map,
        "motion_map": half.motion_map,
        "self_attention.out_proj": layer.self_attn.out_proj,
        "cross_attention.out_proj": crossed.out_proj,
        "feed_forward.intermediate_dense": layer.linear1,
        "feed_forward.output_dense": layer.linear2,
        "norms.0": layer.norm1,
        "norms.1": layer.norm2,
        "norms.2": layer.norm3,
        "motion": half.motion_map_r,
    }
    weights = {f"{each}.{kind}": getattr(linears[each], kind) for each in linears for kind in ("weight", "bias")}
    weights["start"] = half.start
    weights["self_attention.qkv_proj.weight"] = layer.self_attn.in_proj_weight
    weights["self_attention.qkv_proj.bias"] = layer.self_attn.in_proj_bias
    weights["cross_attention.v_proj.weight"] = crossed.in_proj_weight[2 * width :]
    weights["cross_attention.v_proj.bias"] = crossed.in_proj_bias[2 * width :]
    return {name: weight.detach().contiguous() for name, weight in weights.items()}
