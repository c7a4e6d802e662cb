"""EmoTalk Compact in PyTorch: the twin that learns what ``inference/models/compact.py`` runs in NumPy."""

from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ..face import arkit
from ..face.contacts import (
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
from ..face.emotions import EMOTIONS, IS_MOUTH, MOUTH_EXPONENT, PROTOTYPES, SPEAKING_SHARE
from ..face.styles import STYLES
from ..inference.contract import SAMPLE_RATE
from ..inference.models.compact import COARSE_BANDS, CONTENT_STRIDE, KERNEL, SIGNALS, STEM_WIDTH
from ..inference.sound.log_mel import BANDS, HOP, LOUDEST, PITCH_BINS, PRIOR_FRAMES, SOFTEST
from .phones import PHONES
from .prosody import RATE

CHANNELS: Final = len(arkit.CHANNELS)
CONTENT_RATE: Final = SAMPLE_RATE / (HOP * CONTENT_STRIDE)
_IS_MOUTH: Final = torch.from_numpy(IS_MOUTH)


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes of the network; everything that the runtime must know travels with the weights.

    Attributes:
        content_width, content_dilations, content_size: the content encoder and what it says.
        emotion_width, emotion_dilations, emotion_size: the emotion branch and what it says.
        decoder_width, heads, self_reach, guided_reach: the decoder; reaches in frames to each side.
        style_size, level_size: of the embeddings.
        dropout: share of the encoders' channels left out while training.
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

    def for_runtime(self) -> dict:
        """What the NumPy runtime reads, ready for JSON."""
        names = ("content_dilations", "emotion_dilations", "heads", "self_reach", "guided_reach")
        return {name: value for name, value in asdict(self).items() if name in names}


class TimeConvolution(nn.Linear):
    """A convolution over time as one matrix, so that the optimiser may treat it as one."""

    def __init__(self, size_in: int, size_out: int, taps: int, dilation: int = 1, stride: int = 1) -> None:
        super().__init__(taps * size_in, size_out)
        self.taps = taps
        self.dilation = dilation
        self.stride = stride

    def forward(self, frames: Tensor) -> Tensor:
        """(batch, n, size_in) to (batch, n / stride, size_out); beyond the edges there are zeros."""
        length, margin = frames.shape[1], self.dilation * (self.taps // 2)
        padded = functional.pad(frames, (0, 0, margin, margin))
        starts = range(0, self.taps * self.dilation, self.dilation)
        return super().forward(torch.cat([padded[:, i : i + length : self.stride] for i in starts], dim=-1))


class ChannelDropout(nn.Module):
    """Leaves whole channels of a line out: of a channel's single frames, the frames around them would tell."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self._share = share

    def forward(self, hidden: Tensor) -> Tensor:
        """(batch, frames, width) to the same shape; unchanged outside of training."""
        kept = functional.dropout(hidden.new_ones(len(hidden), 1, hidden.shape[2]), self._share, self.training)
        return hidden * kept


class ResidualBlock(nn.Module):
    """Norm, dilated convolution, ReLU, mixing; added to what came in."""

    def __init__(self, width: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.conv = TimeConvolution(width, width, KERNEL, dilation)
        self.mix = nn.Linear(width, width)
        self.dropout = ChannelDropout(dropout)

    def forward(self, hidden: Tensor) -> Tensor:
        """(batch, frames, width) to the same shape."""
        return hidden + self.mix(self.dropout(functional.relu(self.conv(self.norm(hidden)))))


class ContentEncoder(nn.Module):
    """Log-mel to content features and contact signals at 50 Hz."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        width = config.content_width
        self.stem = TimeConvolution(BANDS, width, STEM_WIDTH, stride=CONTENT_STRIDE)
        self.blocks = nn.ModuleList(ResidualBlock(width, d, config.dropout) for d in config.content_dilations)
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, config.content_size + len(SIGNALS))
        self.register_buffer("usual", torch.zeros(BANDS))

    def forward(self, mel: Tensor) -> Tensor:
        """(batch, 2n, 64) to (batch, n, content_size + signals); frame k is centred on log-mel frame 2k."""
        hidden = functional.relu(self.stem(mel - _spectral_offset(mel, self.usual)))
        for block in self.blocks:
            hidden = block(hidden)
        return self.out(self.norm(hidden))


class EmotionEncoder(nn.Module):
    """Pitch salience and coarse bands to emotion features at 25 Hz."""

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
        return self.out(self.norm(hidden))


class BiasedAttention(nn.Module):
    """Attention within a reach, the score falling with distance as in ALiBi."""

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
        """(batch, frames, width), optionally (batch, frames, source), to (batch, frames, width)."""
        batch, frames, width = hidden.shape
        normed = self.norm(hidden)
        source = normed if memory is None else memory
        places = torch.arange(frames)
        distance = (places[:, None] - places).abs()
        bias = (-self.slopes[:, None, None] * distance).masked_fill(distance > self.reach, float("-inf"))

        def split(values: Tensor) -> Tensor:
            return values.reshape(batch, frames, self.heads, -1).transpose(1, 2)

        mixed = functional.scaled_dot_product_attention(
            split(self.query(normed)), split(self.key(source)), split(self.value(source)), bias.to(normed.dtype)
        )
        return hidden + self.out(mixed.transpose(1, 2).reshape(batch, frames, width))


class FeedForward(nn.Module):
    """Two layers on each frame by itself."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.inner = nn.Linear(width, 2 * width)
        self.outer = nn.Linear(2 * width, width)

    def forward(self, hidden: Tensor) -> Tensor:
        """(batch, frames, width) to the same shape."""
        return hidden + self.outer(functional.relu(self.inner(self.norm(hidden))))


class CompactNetwork(nn.Module):
    """The whole network. ``encode`` hears, ``decode`` performs."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        who = config.style_size + config.level_size
        mood = config.emotion_size + who + len(EMOTIONS)
        width = config.decoder_width
        self.content = ContentEncoder(config)
        self.emotion = EmotionEncoder(config)
        self.style = nn.Linear(len(STYLES), config.style_size, bias=False)
        self.level = nn.Linear(2, config.level_size, bias=False)
        self.fusion = nn.Linear(config.content_size + 1 + mood, width)
        self.listen = BiasedAttention(width, width, config.heads, config.self_reach)
        self.guide = BiasedAttention(width, mood, config.heads, config.guided_reach)
        self.feed = FeedForward(width)
        self.face_norm = nn.LayerNorm(width)
        self.face = nn.Linear(width, CHANNELS)
        self.gain = nn.Linear(who, CHANNELS)
        self.rest = nn.Linear(who, CHANNELS)
        self.level_emotion = nn.Parameter(torch.tensor([0.7, 1.3]))
        prototypes = torch.from_numpy(PROTOTYPES.copy())
        self.prototypes_face = nn.Parameter(torch.where(_IS_MOUTH, 0.0, prototypes))
        self.prototypes_mouth = nn.Parameter(torch.where(_IS_MOUTH, prototypes, 0.0))
        self.prototypes_speaking = nn.Parameter(torch.from_numpy(SPEAKING_SHARE.copy()))
        self.register_buffer("firmness", torch.tensor([style.press for style in STYLES]))
        for start_at_nothing in (self.gain, self.rest):
            nn.init.zeros_(start_at_nothing.weight)
            nn.init.zeros_(start_at_nothing.bias)

    def encode(self, mel: Tensor, prosody_input: Tensor, times: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Content features, signals (logits) and emotion features at given times.

        Args:
            mel: (batch, n, 64) log-mel at 100 Hz.
            prosody_input: (batch, m, 40) prosody at 25 Hz.
            times: (frames,) seconds.
        """
        return self.read_off(self.content(mel), self.emotion(prosody_input), times)

    def read_off(self, content: Tensor, emotion: Tensor, times: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The encoders' outputs at given times (s): content features, signals, emotion features."""
        content = _read_at(content, times * CONTENT_RATE)
        emotion = _read_at(emotion, times * RATE)
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
        talking: Tensor | None = None,
    ) -> Tensor:
        """Coefficients before contacts are decided and limits are applied.

        Args:
            content: as ``encode`` gives it.
            signals: the same.
            emotion: the same.
            emotions: (batch, frames, 8) weights.
            styles: (batch, frames, 24) weights.
            levels: (batch, frames) 0..1.
            talking: (batch, frames) 0..1, speech decided as the runtime decides it; training leaves it open.

        Returns:
            (batch, frames, 52).
        """
        steps = torch.stack([1 - levels, levels], dim=-1)
        who = torch.cat([self.style(styles), self.level(steps)], dim=-1)
        speaking = torch.sigmoid(signals[..., 2:3])
        mood = torch.cat([emotion, who, emotions], dim=-1)
        hidden = self.fusion(torch.cat([content, emotion, speaking, who, emotions], dim=-1))
        hidden = self.feed(self.guide(self.listen(hidden), mood))
        values = self.face(self.face_norm(hidden))
        values = values * (1 + self.gain(who)) + self.rest(who)
        if talking is not None:
            values = _rested(values, talking)
        strength = (steps @ self.level_emotion)[..., None]
        added = strength * (emotions @ self.prototypes_face)
        # The power is taken apart because its slope at an emotion of 0 has no bounds.
        added = added + strength**MOUTH_EXPONENT * (emotions**MOUTH_EXPONENT @ self.prototypes_mouth)
        return values + added * (1 + speaking * (self.prototypes_speaking - 1))

    def finish(self, values: Tensor, press: Tensor, touch: Tensor, styles: Tensor) -> Tensor:
        """Coefficients with contacts: ``face.contacts.apply_contacts`` in torch, between limits of 0 and 1."""
        firm = torch.from_numpy(BILABIAL_ROW) * (styles @ self.firmness)[..., None]
        values = _under(
            values.clamp(0, 1), touch, LABIODENTAL_KEEPS, torch.from_numpy(LABIODENTAL_ROW), LABIODENTAL_JAW
        )
        values = _under(values, press, BILABIAL_KEEPS, firm, BILABIAL_JAW)
        closing = torch.maximum(values[..., CLOSE] * (1 - press), press * SEAL * values[..., JAW])
        return torch.cat([values[..., :CLOSE], closing[..., None], values[..., CLOSE + 1 :]], dim=-1).clamp(0, 1)


class PhoneHead(nn.Module):
    """Phones, energy and pitch told from the features: what they must carry; used in training alone."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.phones = nn.Linear(config.content_size, len(PHONES))
        self.prosody = nn.Linear(config.emotion_size, 2)

    def tell_phones(self, content: Tensor) -> Tensor:
        """(..., content_size) features to (..., classes) logits."""
        return self.phones(functional.relu(content))


def _under(values: Tensor, contact: Tensor, keeps: np.ndarray, least: Tensor, widest_jaw: float) -> Tensor:
    held = torch.maximum(values * torch.from_numpy(keeps), least)
    jaw = held[..., JAW : JAW + 1].clamp(max=widest_jaw)
    held = torch.cat([held[..., :JAW], jaw, held[..., JAW + 1 :]], dim=-1)
    return values + contact[..., None] * (held - values)


def _rested(values: Tensor, talking: Tensor) -> Tensor:
    """``face.contacts.rest_lips`` in torch."""
    opens = torch.zeros(CHANNELS)
    opens[OPENERS] = 1
    presses = torch.zeros(CHANNELS)
    presses[PRESSES] = REST_PRESS
    silent = 1 - talking[..., None]
    return torch.where(presses > 0, torch.maximum(values, presses * silent), values * (1 - opens * silent))


def _spectral_offset(mel: Tensor, usual: Tensor) -> Tensor:
    """``inference.log_mel.spectral_offset`` of (batch, frames, 64), each line of the batch a sound of its own."""
    loudness = ((mel.mean(dim=-1, keepdim=True) - SOFTEST) / (LOUDEST - SOFTEST)).clamp(0, 1)
    weights = loudness**2
    total = (weights * mel).sum(dim=1, keepdim=True) + PRIOR_FRAMES * usual
    return total / (weights.sum(dim=1, keepdim=True) + PRIOR_FRAMES) - usual


def _read_at(values: Tensor, position: Tensor) -> Tensor:
    """Rows of (batch, n, size) read between whole numbers at the positions."""
    below = position.long().clamp(max=values.shape[1] - 2)
    part = (position - below)[:, None].to(values.dtype)
    return values[:, below] * (1 - part) + values[:, below + 1] * part
