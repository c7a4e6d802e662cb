"""The reference arithmetic of EmoTalk: the published network as one would write it down, one frame row at a time.

Hugging Face's wav2vec 2.0 with eager attention and PyTorch's own transformer decoder, written from the paper and from
the shapes of the released weights. It is the baseline of ``research_network.py`` in this folder and what the tests
compare with.
"""

import math
from collections.abc import Callable

import numpy as np
import torch
from emotalk.inference.models.emotalk import EmoTalkConfig
from emotalk.inference.models.wav2vec2 import Wav2Vec2Config
from torch import Tensor, nn
from torch.nn import functional
from transformers import Wav2Vec2Config as PublishedConfig
from transformers import Wav2Vec2Model


class ReleasedNetwork(nn.Module):
    """EmoTalk's ``predict``; its state dict has the released names."""

    def __init__(self, config: EmoTalkConfig) -> None:
        super().__init__()
        self.config = config
        self.audio_encoder_cont = wav2vec2(config.encoder)
        self.audio_encoder_emo = nn.Module()
        self.audio_encoder_emo.wav2vec2 = wav2vec2(config.encoder)
        self.audio_feature_map_cont = nn.Linear(config.encoder.hidden_size, config.content)
        self.audio_feature_map_emo = nn.Linear(config.encoder.hidden_size, config.fused)
        self.audio_feature_map_emo2 = nn.Linear(config.fused, config.emotion)
        self.obj_vector_level = nn.Linear(config.levels, config.condition)
        self.obj_vector_person = nn.Linear(config.styles, config.condition)
        layer = nn.TransformerDecoderLayer(
            config.fused, config.decoder_heads, config.decoder_feed_forward, dropout=0.0, batch_first=True
        )
        self.transformer_decoder = nn.TransformerDecoder(layer, num_layers=1)
        self.bs_map_r = nn.Linear(config.fused, config.channels)

    @torch.no_grad()
    def forward(self, samples: np.ndarray, level: Tensor, person: Tensor) -> Tensor:
        """(N,) samples, (2,) level and (24,) person to (T, 52) coefficients."""
        samples = samples.astype(np.float32)
        sound = (samples - samples.mean()) / np.sqrt(samples.var() + 1e-7)
        weight = self.bs_map_r.weight
        sound = torch.from_numpy(sound)[None].to(weight)
        frames = math.ceil(len(samples) / 16000 * 30)
        content = last_hidden_state(self.audio_encoder_cont, sound, lambda _: frames)
        emotion = last_hidden_state(self.audio_encoder_emo.wav2vec2, sound, lambda rows: int(rows / float(50) * 30))
        memory = self.audio_feature_map_emo(resize(emotion, frames))
        fused = torch.cat(
            [
                self.audio_feature_map_cont(content),
                functional.relu(self.audio_feature_map_emo2(memory)),
                self.obj_vector_level(level.to(weight)).expand(1, frames, -1),
                self.obj_vector_person(person.to(weight)).expand(1, frames, -1),
            ],
            dim=2,
        )
        if self.config.periodic_encoding:
            fused = fused + paper_encoding(frames, self.config).to(weight)
        behind = torch.arange(frames)[:, None] - torch.arange(frames)[None]
        slopes = torch.tensor([2.0 ** (-2 * (head + 1)) for head in range(self.config.decoder_heads)])
        bias = -slopes[:, None, None] * torch.floor(behind / self.config.period)
        bias = bias.masked_fill(behind < 0, -math.inf).to(weight)
        one_frame = torch.full((frames, frames), -math.inf).fill_diagonal_(0).to(weight)
        return self.bs_map_r(self.transformer_decoder(fused, memory, tgt_mask=bias, memory_mask=one_frame))[0]


def wav2vec2(config: Wav2Vec2Config) -> Wav2Vec2Model:
    """Hugging Face's wav2vec 2.0 with these dimensions and random weights."""
    published = PublishedConfig(
        hidden_size=config.hidden_size,
        num_hidden_layers=config.num_hidden_layers,
        num_attention_heads=config.num_attention_heads,
        intermediate_size=config.intermediate_size,
        conv_dim=(config.conv_dim,) * len(config.conv_kernel),
        conv_kernel=config.conv_kernel,
        conv_stride=config.conv_stride,
        conv_bias=config.conv_bias,
        feat_extract_norm=config.feature_extractor_norm,
        do_stable_layer_norm=config.encoder_norm == "pre",
        num_conv_pos_embeddings=config.num_conv_pos_embeddings,
        num_conv_pos_embedding_groups=config.num_conv_pos_embedding_groups,
        attn_implementation="eager",
    )
    return Wav2Vec2Model(published).eval()


def last_hidden_state(encoder: Wav2Vec2Model, sound: Tensor, frames_of: Callable[[int], int]) -> Tensor:
    """Convolutions, interpolation to video frames, transformer."""
    rows = encoder.feature_extractor(sound).transpose(1, 2)
    hidden, _ = encoder.feature_projection(resize(rows, frames_of(rows.shape[1])))
    return encoder.encoder(hidden).last_hidden_state


def resize(rows: Tensor, count: int) -> Tensor:
    """(1, rows, width) to (1, count, width), first and last row kept."""
    return functional.interpolate(rows.transpose(1, 2), size=count, mode="linear", align_corners=True).transpose(1, 2)


def paper_encoding(frames: int, config: EmoTalkConfig) -> Tensor:
    """(T, 832) the periodic positional encoding that the paper describes and the released network lacks."""
    width = config.fused
    return torch.tensor(
        [
            [
                (math.cos if column % 2 else math.sin)(
                    (frame % config.period) / 10_000 ** ((column - column % 2) / width)
                )
                for column in range(width)
            ]
            for frame in range(frames)
        ]
    )
