"""The reference arithmetic of EMOTE and FLINT: the published networks as one would write them down.

Hugging Face's wav2vec 2.0 with eager attention and PyTorch's own layers, written from the papers and from the names and
shapes of the released weights. It is the baseline of ``emote.py`` in this folder and what the tests compare with.
PyTorch's fused transformer layer must be switched off for it: see ``plain_layers``.
"""

import contextlib
from collections.abc import Iterator

import numpy as np
import torch
from emotalk.inference.models.emote import EmoteConfig
from emotalk.inference.models.flint import FlintConfig
from released_network import wav2vec2
from torch import Tensor, nn
from torch.nn import functional


@contextlib.contextmanager
def plain_layers() -> Iterator[None]:
    """PyTorch's transformer layers as they are defined; the fused ones take a bias for a mask."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


class PlainEmote(nn.Module):
    """EMOTE; its state dict has the released names."""

    def __init__(self, config: EmoteConfig, with_flame: bool = False) -> None:
        super().__init__()
        self.config = config
        width = 2 * config.features
        self.audio_model = module(model=wav2vec2(config.encoder))
        self.sequence_encoder = module(linear=nn.Linear(config.encoder.hidden_size, config.features))
        self.sequence_decoder = module(
            obj_vector=module(map=nn.Linear(config.condition, config.features)),
            bert_decoder=transformer(width, config.heads, config.feed_forward),
            decoder=nn.Linear(width, config.features),
            squasher_2=module(linear=nn.Linear(config.prior.frames_per_latent * config.features, config.prior.width)),
            motion_prior=module(motion_decoder=PlainFlintDecoder(config.prior)),
        )
        if with_flame:
            flame = module()
            for name, shape in {"v_template": (5023, 3), "shapedirs": (5023, 3, 2), "faces_tensor": (9976, 3)}.items():
                flame.register_buffer(name, torch.randn(shape))
            self.sequence_decoder.flame = flame

    @torch.no_grad()
    def forward(self, samples: np.ndarray, condition: Tensor) -> Tensor:
        """(N,) samples of -1 to 1 and a condition, (T or 1, 43), to (T, E + 3) expression and jaw."""
        config = self.config
        frames = len(samples) // 640
        sound = (samples[: 640 * frames] * 32768).astype(np.int16).astype(np.float32)
        if config.demo_audio:
            frames += 1
            sound = np.concatenate([np.append(frame, 0) for frame in [*sound.reshape(-1, 640), np.zeros(640)]])
        sound = (sound - sound.mean()) / np.sqrt(sound.var() + 1e-7)
        encoder, decoder = self.audio_model.model, self.sequence_decoder
        rows = encoder.feature_extractor(torch.from_numpy(sound.astype(np.float32))[None])
        rows = functional.interpolate(rows, size=frames, mode="linear", align_corners=True).transpose(1, 2)
        hidden, _ = encoder.feature_projection(rows)
        audio = self.sequence_encoder.linear(encoder.encoder(hidden).last_hidden_state)
        style = decoder.obj_vector.map(condition).expand(1, frames, -1)
        fused = torch.cat([audio, style], dim=2)
        if not config.skips_transformer:
            fused = decoder.bert_decoder(fused, mask=bias(frames, config.heads, config.period))
        decoded = decoder.decoder(fused)
        stack = config.prior.frames_per_latent
        decoded = functional.pad(decoded, (0, 0, 0, -frames % stack))
        latents = decoder.squasher_2.linear(decoded.reshape(1, -1, stack * config.features))
        return decoder.motion_prior.motion_decoder(latents)[0, :frames]


class PlainFlintDecoder(nn.Module):
    """FLINT's decoder."""

    def __init__(self, config: FlintConfig) -> None:
        super().__init__()
        width, self.config = config.width, config
        stages = [stage(nn.ConvTranspose1d(width, width, 5, stride=2, padding=2, output_padding=1))]
        for _ in range(config.stages - 1):
            stages.append(stage(nn.Conv1d(width, width, 5, padding=2, padding_mode="replicate")))
        self.expander = nn.ModuleList(stages)
        self.decoder_linear_embedding = nn.Linear(width, width)
        self.decoder_transformer = transformer(width, config.heads, config.feed_forward)
        self.post_transformer_linear = nn.Linear(width, width)
        self.cross_smooth_layer = nn.Conv1d(width, config.channels, 5, padding=2)

    def forward(self, latents: Tensor) -> Tensor:
        """(1, T / 8, 128) latents to (1, T, E + 3) expression and jaw."""
        image = latents.transpose(1, 2)
        for number, part in enumerate(self.expander):
            image = part(image)
            if number:
                image = image.repeat_interleave(2, dim=2)
        rows = self.decoder_linear_embedding(image.transpose(1, 2))
        rows = self.decoder_transformer(rows, mask=bias(rows.shape[1], self.config.heads, 1))
        rows = self.post_transformer_linear(rows)
        return self.cross_smooth_layer(rows.transpose(1, 2)).transpose(1, 2)


class PlainFlintEncoder(nn.Module):
    """FLINT's encoder."""

    def __init__(self, config: FlintConfig) -> None:
        super().__init__()
        width, self.config = config.width, config
        convolutions = [nn.Conv1d(config.channels, width, 5, stride=2, padding=2, padding_mode="replicate")]
        for _ in range(config.stages - 1):
            convolutions.append(nn.Conv1d(width, width, 5, padding=2, padding_mode="replicate"))
        self.squasher = nn.ModuleList(map(stage, convolutions))
        self.encoder_linear_embedding = nn.Linear(width, width)
        self.encoder_transformer = transformer(width, config.heads, config.feed_forward)
        self.mean, self.logvar = nn.Linear(width, width), nn.Linear(width, width)

    @torch.no_grad()
    def forward(self, motion: Tensor) -> tuple[Tensor, Tensor]:
        """(1, T, E + 3) expression and jaw, T a multiple of 8, to means and logarithms of variances."""
        image = motion.transpose(1, 2)
        for number, part in enumerate(self.squasher):
            image = part(image)
            if number:
                image = functional.max_pool1d(image, 2)
        rows = self.encoder_linear_embedding(image.transpose(1, 2))
        rows = self.encoder_transformer(rows, mask=bias(rows.shape[1], self.config.heads, 1))
        return self.mean(rows), self.logvar(rows)


class PlainFlint(nn.Module):
    """FLINT; its state dict has the released names."""

    def __init__(self, config: FlintConfig) -> None:
        super().__init__()
        self.motion_encoder, self.motion_decoder = PlainFlintEncoder(config), PlainFlintDecoder(config)


def module(**parts: nn.Module) -> nn.Module:
    """A module with these parts."""
    made = nn.Module()
    for name, part in parts.items():
        setattr(made, name, part)
    return made


def stage(convolution: nn.Module) -> nn.Sequential:
    return nn.Sequential(convolution, nn.LeakyReLU(0.2), nn.BatchNorm1d(convolution.out_channels))


def transformer(width: int, heads: int, feed_forward: int) -> nn.TransformerEncoder:
    layer = nn.TransformerEncoderLayer(width, heads, feed_forward, dropout=0.0, activation="gelu", batch_first=True)
    return nn.TransformerEncoder(layer, num_layers=1, enable_nested_tensor=False)


def bias(frames: int, heads: int, period: int) -> Tensor:
    """(heads, T, T) what is added to the scores of an attention."""
    apart = (torch.arange(frames)[:, None] - torch.arange(frames)[None]).abs()
    slopes = torch.tensor([2.0 ** -((head + 1) * 8 / heads) for head in range(heads)])
    return -slopes[:, None, None] * torch.floor(apart / period)


def randomise(network: nn.Module, scale: float = 1.5) -> None:
    """Weights at which a wrong layer shows: PyTorch's own are so small that some hardly count."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            parameter.mul_(scale)
            if "norm" in name or "bias" in name or parameter.ndim == 1:
                parameter.add_(0.2 * torch.randn(parameter.shape, generator=generator))
        for name, buffer in network.named_buffers():
            if name.endswith("running_mean"):
                buffer.copy_(0.3 * torch.randn(buffer.shape, generator=generator))
            elif name.endswith("running_var"):
                buffer.copy_(0.5 + torch.rand(buffer.shape, generator=generator))
