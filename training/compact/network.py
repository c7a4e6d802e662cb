"""EmoTalk Compact in PyTorch, for training; ``inference/models/compact.py`` runs the same network in NumPy.

Attribute names of the modules are the tensor names of exported weights (``listen``, ``guide``, ``usual``, ``firmness``
and the rest): renaming one makes existing weights unreadable.
"""

from dataclasses import asdict, dataclass
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...face import arkit
from ...face.contacts import (
    BILABIAL_JAW,
    BILABIAL_KEEPS,
    BILABIAL_ROW,
    CLOSE,
    JAW,
    LABIODENTAL_JAW,
    LABIODENTAL_KEEPS,
    LABIODENTAL_ROW,
    OPENERS,
    PRESSES,
    REST_PRESS,
    SEAL,
)
from ...face.emotions import EMOTIONS, IS_MOUTH, MOUTH_EXPONENT, PROTOTYPES, SPEAKING_SHARE
from ...face.phones import PHONES
from ...face.styles import STYLES
from ...inference.contract import SAMPLE_RATE
from ...inference.models.compact import COARSE_BANDS, CONTENT_STRIDE, KERNEL, SIGNALS, STEM_WIDTH
from ...inference.sound.log_mel import BANDS, HOP, LOUDEST, PITCH_BINS, PRIOR_FRAMES, SOFTEST
from ..arrays import FloatArray
from .prosody import RATE

CHANNELS: Final = len(arkit.CHANNELS)
CONTENT_RATE: Final = SAMPLE_RATE / (HOP * CONTENT_STRIDE)
_IS_MOUTH: Final = torch.from_numpy(IS_MOUTH)


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes of the network; those that inference needs are exported with the weights.

    Attributes:
        content_width, content_dilations, content_size: of the content encoder: hidden width, dilations, output width.
        emotion_width, emotion_dilations, emotion_size: the same of the emotion encoder.
        decoder_width, heads, self_reach, guided_reach: of the decoder; attention reaches in frames to each side.
        style_size, level_size: of the embeddings.
        dropout: share of the encoders' channels dropped during training.
    """

    content_width: int = 384
    content_dilations: tuple[int, ...] = (1, 2, 4, 8, 16, 1, 2, 4, 8)
    content_size: int = 64
    emotion_width: int = 48
    emotion_dilations: tuple[int, ...] = (1, 2, 4, 8)
    emotion_size: int = 16
    decoder_width: int = 96
    heads: int = 4
    self_reach: int = 12
    guided_reach: int = 24
    style_size: int = 16
    level_size: int = 4
    dropout: float = 0.1

    def for_inference(self) -> dict[str, int | float | tuple[int, ...]]:
        """What inference needs to know, ready for JSON."""
        names = ("content_dilations", "emotion_dilations", "heads", "self_reach", "guided_reach")
        return {name: value for name, value in asdict(self).items() if name in names}


class TimeConvolution(nn.Linear):
    """A convolution over time stored as one matrix, so that Muon can orthogonalise its update."""

    def __init__(self, size_in: int, size_out: int, taps: int, dilation: int = 1, stride: int = 1) -> None:
        super().__init__(taps * size_in, size_out)
        self.taps = taps
        self.dilation = dilation
        self.stride = stride

    def forward(self, frames: Tensor) -> Tensor:
        """(batch, n, size_in) to (batch, n / stride, size_out), zero-padded at the edges."""
        length, margin = frames.shape[1], self.dilation * (self.taps // 2)
        padded = functional.pad(frames, (0, 0, margin, margin))
        starts = range(0, self.taps * self.dilation, self.dilation)
        return super().forward(torch.cat([padded[:, i : i + length : self.stride] for i in starts], dim=-1))


class ChannelDropout(nn.Module):
    """Drops whole channels of a line: single frames could be recovered from the frames around them."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self._share = share

    def forward(self, hidden: Tensor) -> Tensor:
        """(batch, frames, width) to the same shape; the identity outside of training."""
        kept = functional.dropout(hidden.new_ones(len(hidden), 1, hidden.shape[2]), self._share, self.training)
        return hidden * kept


class ResidualBlock(nn.Module):
    """Layer norm, dilated convolution, ReLU, dropout and a linear layer, with a residual connection."""

    def __init__(self, width: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.conv = TimeConvolution(width, width, KERNEL, dilation)
        self.mix = nn.Linear(width, width)
        self.dropout = ChannelDropout(dropout)

    def forward(self, hidden: Tensor) -> Tensor:
        """(batch, frames, width) to the same shape."""
        update: Tensor = self.mix(self.dropout(functional.relu(self.conv(self.norm(hidden)))))
        return hidden + update


class ContentEncoder(nn.Module):
    """Log-mel to content features and signals (logits of ``SIGNALS``) at 50 Hz.

    ``usual`` is the long-term average spectrum of the training lines, for spectral mean normalisation.
    """

    usual: Tensor

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        width = config.content_width
        self.stem = TimeConvolution(BANDS, width, STEM_WIDTH, stride=CONTENT_STRIDE)
        self.blocks = nn.ModuleList(ResidualBlock(width, d, config.dropout) for d in config.content_dilations)
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, config.content_size + len(SIGNALS))
        self.register_buffer("usual", torch.zeros(BANDS))

    def activations(self, mel: Tensor) -> Tensor:
        """(batch, 2n, 64) to (batch, n, width), what the last layer sees; frame k is centred on log-mel frame 2k."""
        hidden = functional.relu(self.stem(mel - _spectral_offset(mel, self.usual)))
        for block in self.blocks:
            hidden = block(hidden)
        normed: Tensor = self.norm(hidden)
        return normed

    def forward(self, mel: Tensor) -> Tensor:
        """(batch, 2n, 64) to (batch, n, content_size + signals)."""
        output: Tensor = self.out(self.activations(mel))
        return output


class EmotionEncoder(nn.Module):
    """Pitch salience and coarse mel bands to emotion features at 25 Hz."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        width = config.emotion_width
        self.stem = nn.Linear(PITCH_BINS + COARSE_BANDS, width)
        self.blocks = nn.ModuleList(ResidualBlock(width, d, config.dropout) for d in config.emotion_dilations)
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, config.emotion_size)

    def forward(self, prosody_input: Tensor) -> Tensor:
        """(batch, n, 40) to (batch, n, emotion_size)."""
        hidden = self.stem(prosody_input)
        for block in self.blocks:
            hidden = block(hidden)
        output: Tensor = self.out(self.norm(hidden))
        return output


class BiasedAttention(nn.Module):
    """Attention within a limited reach, with a bias that grows with distance as in ALiBi."""

    slopes: Tensor

    def __init__(self, width: int, source: int, heads: int, reach: int) -> None:
        super().__init__()
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(source, width)
        self.value = nn.Linear(source, width)
        self.out = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)
        self.register_buffer("slopes", 4.0 * 2.0 ** -torch.arange(heads).float() * 2 / reach)
        self.heads = heads
        self.reach = reach

    def forward(self, hidden: Tensor, memory: Tensor | None = None) -> Tensor:
        """(batch, frames, width), for cross-attention also (batch, frames, source), to (batch, frames, width)."""
        batch, frames, width = hidden.shape
        normed = self.norm(hidden)
        source = normed if memory is None else memory
        places = torch.arange(frames, device=hidden.device)
        distance = (places[:, None] - places).abs()
        bias = (-self.slopes[:, None, None] * distance).masked_fill(distance > self.reach, float("-inf"))

        def split(values: Tensor) -> Tensor:
            return values.reshape(batch, frames, self.heads, -1).transpose(1, 2)

        mixed = functional.scaled_dot_product_attention(
            split(self.query(normed)), split(self.key(source)), split(self.value(source)), bias.to(normed.dtype)
        )
        update: Tensor = self.out(mixed.transpose(1, 2).reshape(batch, frames, width))
        return hidden + update


class FeedForward(nn.Module):
    """Position-wise feed-forward layer with a residual connection."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.inner = nn.Linear(width, 2 * width)
        self.outer = nn.Linear(2 * width, width)

    def forward(self, hidden: Tensor) -> Tensor:
        """(batch, frames, width) to the same shape."""
        update: Tensor = self.outer(functional.relu(self.inner(self.norm(hidden))))
        return hidden + update


class CompactNetwork(nn.Module):
    """The whole network: ``encode`` extracts features from sound, ``decode`` turns them into face coefficients."""

    firmness: Tensor
    rest_press: Tensor

    def __init__(self, config: NetworkConfig, styles: int = len(STYLES)) -> None:
        super().__init__()
        self.config = config
        conditioning = config.style_size + config.level_size
        guidance = config.emotion_size + conditioning + len(EMOTIONS)
        width = config.decoder_width
        self.content = ContentEncoder(config)
        self.emotion = EmotionEncoder(config)
        self.style = nn.Linear(styles, config.style_size, bias=False)
        self.level = nn.Linear(2, config.level_size, bias=False)
        self.fusion = nn.Linear(config.content_size + 1 + guidance, width)
        self.listen = BiasedAttention(width, width, config.heads, config.self_reach)
        self.guide = BiasedAttention(width, guidance, config.heads, config.guided_reach)
        self.feed = FeedForward(width)
        self.face_norm = nn.LayerNorm(width)
        self.face = nn.Linear(width, CHANNELS)
        self.gain = nn.Linear(conditioning, CHANNELS)
        self.rest = nn.Linear(conditioning, CHANNELS)
        self.level_emotion = nn.Parameter(torch.tensor([0.7, 1.3]))
        prototypes = torch.from_numpy(PROTOTYPES.copy())
        self.prototypes_face = nn.Parameter(torch.where(_IS_MOUTH, 0.0, prototypes))
        self.prototypes_mouth = nn.Parameter(torch.where(_IS_MOUTH, prototypes, 0.0))
        self.prototypes_speaking = nn.Parameter(torch.from_numpy(SPEAKING_SHARE.copy()))
        self.register_buffer("firmness", torch.tensor([style.press for style in STYLES[:styles]]))
        self.register_buffer("rest_press", torch.tensor(REST_PRESS), persistent=False)
        for zero_at_first in (self.gain, self.rest):
            nn.init.zeros_(zero_at_first.weight)
            nn.init.zeros_(zero_at_first.bias)

    def encode(self, mel: Tensor, prosody_input: Tensor, times: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Content features, signals (logits) and emotion features at given times.

        Args:
            mel: (batch, n, 64) log-mel at 100 Hz.
            prosody_input: (batch, m, 40) prosody at 25 Hz.
            times: (frames,) seconds.
        """
        return self.interpolate(self.content(mel), self.emotion(prosody_input), times)

    def interpolate(self, content: Tensor, emotion: Tensor, times: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The encoders' outputs interpolated at given times (s): content features, signals, emotion features."""
        content = _sample_rows(content, times * CONTENT_RATE)
        emotion = _sample_rows(emotion, times * RATE)
        size = self.config.content_size
        return content[..., :size], content[..., size:], emotion

    def decode(
        self,
        content: Tensor,
        signals: Tensor,
        emotion: Tensor,
        emotions: Tensor,
        styles: Tensor,
        levels: Tensor,
        speech_gate: Tensor | None = None,
    ) -> Tensor:
        """Coefficients before lip contacts and limits.

        Args:
            content: from ``encode``.
            signals: from ``encode``.
            emotion: from ``encode``.
            emotions: (batch, frames, 8) weights.
            styles: (batch, frames, styles) weights.
            levels: (batch, frames) 0..1.
            speech_gate: (batch, frames) 0..1 thresholded speech signal that rests the lips in silence; inference
                applies it, training does not.

        Returns:
            (batch, frames, 52).
        """
        steps = torch.stack([1 - levels, levels], dim=-1)
        conditioning = torch.cat([self.style(styles), self.level(steps)], dim=-1)
        column = SIGNALS.index("speech")
        speech = torch.sigmoid(signals[..., column : column + 1])
        guidance = torch.cat([emotion, conditioning, emotions], dim=-1)
        hidden = self.fusion(torch.cat([content, emotion, speech, conditioning, emotions], dim=-1))
        hidden = self.feed(self.guide(self.listen(hidden), guidance))
        values: Tensor = self.face(self.face_norm(hidden))
        values = values * (1 + self.gain(conditioning)) + self.rest(conditioning)
        if speech_gate is not None:
            values = _rest_lips(values, speech_gate, self.rest_press)
        strength = (steps @ self.level_emotion)[..., None]
        added = strength * (emotions @ self.prototypes_face)
        # Each factor has its own power: the gradient of the product's would be infinite at an emotion weight of 0.
        added = added + strength**MOUTH_EXPONENT * (emotions**MOUTH_EXPONENT @ self.prototypes_mouth)
        return values + added * (1 + speech * (self.prototypes_speaking - 1))

    def add_contacts(self, values: Tensor, bilabial: Tensor, labiodental: Tensor, styles: Tensor) -> Tensor:
        """Coefficients with lip contacts, clamped to 0..1: ``face.contacts.apply_contacts`` in torch."""
        firm = torch.from_numpy(BILABIAL_ROW).to(values) * (styles @ self.firmness)[..., None]
        labiodental_row = torch.from_numpy(LABIODENTAL_ROW).to(values)
        values = _blend_contact(values.clamp(0, 1), labiodental, LABIODENTAL_KEEPS, labiodental_row, LABIODENTAL_JAW)
        values = _blend_contact(values, bilabial, BILABIAL_KEEPS, firm, BILABIAL_JAW)
        closing = torch.maximum(values[..., CLOSE] * (1 - bilabial), bilabial * SEAL * values[..., JAW])
        return torch.cat([values[..., :CLOSE], closing[..., None], values[..., CLOSE + 1 :]], dim=-1).clamp(0, 1)


class PhoneHead(nn.Module):
    """Auxiliary outputs for training: phones from content features, energy and pitch from emotion features."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.phones = nn.Linear(config.content_size, len(PHONES))
        self.prosody = nn.Linear(config.emotion_size, 2)

    def phone_logits(self, content: Tensor) -> Tensor:
        """(..., content_size) features to (..., classes) logits."""
        logits: Tensor = self.phones(functional.relu(content))
        return logits


def _blend_contact(values: Tensor, contact: Tensor, keeps: FloatArray, least: Tensor, widest_jaw: float) -> Tensor:
    held = torch.maximum(values * torch.from_numpy(keeps).to(values), least)
    jaw = held[..., JAW : JAW + 1].clamp(max=widest_jaw)
    held = torch.cat([held[..., :JAW], jaw, held[..., JAW + 1 :]], dim=-1)
    return values + contact[..., None] * (held - values)


def _rest_lips(values: Tensor, speech_gate: Tensor, press: Tensor) -> Tensor:
    """``face.contacts.rest_lips`` in torch."""
    opens = values.new_zeros(CHANNELS)
    opens[OPENERS] = 1
    presses = torch.zeros(CHANNELS, dtype=torch.bool, device=values.device)
    presses[PRESSES] = True
    silent = 1 - speech_gate[..., None]
    return torch.where(presses, torch.maximum(values, press * silent), values * (1 - opens * silent))


def _spectral_offset(mel: Tensor, usual: Tensor) -> Tensor:
    """``inference.sound.log_mel.spectral_offset`` of each line of (batch, frames, 64)."""
    loudness = ((mel.mean(dim=-1, keepdim=True) - SOFTEST) / (LOUDEST - SOFTEST)).clamp(0, 1)
    weights = loudness**2
    total = (weights * mel).sum(dim=1, keepdim=True) + PRIOR_FRAMES * usual
    return total / (weights.sum(dim=1, keepdim=True) + PRIOR_FRAMES) - usual


def _sample_rows(values: Tensor, position: Tensor) -> Tensor:
    """Rows of (batch, n, size), linearly interpolated at fractional positions."""
    below = position.long().clamp(max=values.shape[1] - 2)
    part = (position - below)[:, None].to(values.dtype)
    return values[:, below] * (1 - part) + values[:, below + 1] * part
