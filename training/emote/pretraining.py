"""Convolutions for a speech encoder that has no weights: they learn to tell the log-mel spectrum of the takes' sound.

wav2vec 2.0's own learn from thousands of hours what is a phone. Here a linear layer behind them has to give the log-mel
frames, so that at least what those tell gets through: random filters hardly tell whether lips are closed.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ...inference.contract import Speech
from ...inference.models.emote import SAMPLES_PER_FRAME, whole_frames
from ...inference.models.wav2vec2 import Wav2Vec2Config, zero_mean_unit_variance
from ...inference.sound.log_mel import BANDS, HOP, log_mel, speech_level
from ..arrays import FloatArray

_BATCH: Final = 4
_WINDOW: Final = 100
"""Feature rows of each stretch of sound: two seconds."""
_LEARNING_RATE: Final = 3e-3
_WARMUP: Final = 0.3
"""Share of the steps in which the learning rate rises; then it falls to nothing."""


def pretrain_convolutions(
    weights: Mapping[str, Tensor], config: Wav2Vec2Config, speeches: Sequence[Speech], steps: int, seed: int
) -> dict[str, Tensor]:
    """Convolutions that tell the log-mel spectrum.

    Args:
        weights: of the convolutions by the names of ``weight_shapes``, to begin with.
        config: their dimensions, with a group norm after the first one.
        speeches: sounds; those of less than two seconds are filled up with silence.
        steps: how often they are corrected.
        seed: of stretches and of the linear layer.
    """
    rng = np.random.default_rng(seed)
    sounds = [_sound(speech, config) for speech in speeches]
    learnt = {name: nn.Parameter(weight.clone()) for name, weight in weights.items()}
    generator = torch.Generator().manual_seed(seed)
    head = nn.Parameter(torch.randn(BANDS, config.conv_dim, generator=generator) / config.conv_dim**0.5)
    bias = nn.Parameter(torch.zeros(BANDS))
    optimiser = torch.optim.Adam([*learnt.values(), head, bias], _LEARNING_RATE)
    for step in range(steps):
        rising, falling = (step + 1) / (_WARMUP * steps), (steps - step) / ((1 - _WARMUP) * steps)
        optimiser.param_groups[0]["lr"] = _LEARNING_RATE * min(rising, falling)
        samples, spectra = _draw(sounds, config, rng)
        rows = convolve(learnt, config, samples)
        told = functional.linear(functional.layer_norm(rows, rows.shape[2:]), head, bias)
        optimiser.zero_grad()
        torch.autograd.backward(functional.mse_loss(told, spectra))
        optimiser.step()
    return {name: weight.detach() for name, weight in learnt.items()}


def convolve(weights: Mapping[str, Tensor], config: Wav2Vec2Config, samples: Tensor) -> Tensor:
    """(B, N) samples to (B, L, C) feature rows, with gradients; ``Wav2Vec2FeatureEncoder`` gives the same numbers."""
    rows = samples[:, None]
    for number, (taps, stride) in enumerate(zip(config.conv_kernel, config.conv_stride, strict=True)):
        name = f"feature_extractor.conv_layers.{number}"
        weight = weights[f"{name}.conv.weight"]
        weight = weight.view(len(weight), taps, -1).transpose(1, 2)
        rows = functional.conv1d(rows, weight, weights.get(f"{name}.conv.bias"), stride)
        if number == 0:
            norm = weights[f"{name}.layer_norm.weight"], weights[f"{name}.layer_norm.bias"]
            rows = functional.group_norm(rows, config.conv_dim, *norm)
        rows = functional.gelu(rows)
    return rows.transpose(1, 2)


def _sound(speech: Speech, config: Wav2Vec2Config) -> tuple[FloatArray, FloatArray]:
    """Normalised samples, and the log-mel frame in the middle of each feature row."""
    missing = max(_samples(config) + SAMPLES_PER_FRAME - len(speech.samples), 0)
    samples = np.pad(speech.samples, (0, missing))
    samples = zero_mean_unit_variance(whole_frames(samples).ravel())
    level, rows = speech_level(samples), config.feature_count(len(samples))
    middles = (np.arange(rows) * config.hop + config.receptive_field / 2) / HOP
    frames = log_mel(samples, level, 0, int(middles[-1]) + 1)
    return samples, frames[middles.astype(int)]


def _draw(
    sounds: Sequence[tuple[FloatArray, FloatArray]], config: Wav2Vec2Config, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """(B, N) samples and (B, L, bands) log-mel frames of random stretches."""
    samples, spectra = [], []
    for number in rng.integers(len(sounds), size=_BATCH):
        sound, spectrum = sounds[number]
        first = int(rng.integers(len(spectrum) - _WINDOW + 1))
        samples.append(sound[first * config.hop :][: _samples(config)])
        spectra.append(spectrum[first : first + _WINDOW])
    return torch.from_numpy(np.stack(samples)), torch.from_numpy(np.stack(spectra))


def _samples(config: Wav2Vec2Config) -> int:
    """Of a stretch."""
    return (_WINDOW - 1) * config.hop + config.receptive_field
