"""wav2vec 2.0's transformer with batches and gradients, and the frozen convolutions before it.

Weights have the names of ``inference/models/wav2vec2.py``. Convolutions are not trained, so each take is convolved
once, as a whole line like in inference, and resampled to its frames. Shapes: B items, T frames, C columns of a feature
row, H hidden columns.
"""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ...inference.checkpoints.checkpoint_state import CheckpointState
from ...inference.checkpoints.pytorch_state import read_state
from ...inference.checkpoints.wav2vec2_converter import (
    check_wav2vec2,
    convert_wav2vec2,
    published_shapes,
    read_wav2vec2_config,
)
from ...inference.contract import EmoTalkError, Speech
from ...inference.models.emote import whole_frames
from ...inference.models.layers import SMALL_STEPS, Layers
from ...inference.models.matrix_products import arithmetic_for
from ...inference.models.wav2vec2 import (
    BASE,
    Wav2Vec2Config,
    Wav2Vec2FeatureEncoder,
    resize,
    weight_shapes,
    zero_mean_unit_variance,
)
from ..arrays import FloatArray
from .recipe import EncoderSizes
from .weights import Weights

_CONVOLUTIONS: Final = "feature_extractor."
_PREFIXES: Final = ("wav2vec2.", "")
"""What the names in Hugging Face's files begin with: fine-tuned, or not."""
_MASKED_FRAMES: Final = 10
"""Of a masked stretch, as in wav2vec 2.0's fine-tuning."""


@dataclasses.dataclass(frozen=True)
class Disturbances:
    """What regularises the transformer in training; all of them are 0 in evaluation.

    Attributes:
        dropout: of hidden states, attention and feed-forward layers.
        layer_drop: share of layers that are left out.
        masked: share of frames at which a masked stretch begins.
    """

    dropout: float = 0.0
    layer_drop: float = 0.0
    masked: float = 0.0


class AudioEncoder(Weights):
    """The transformer behind the convolutions.

    Args:
        config: dimensions.
        disturbances: in training.
    """

    def __init__(self, config: Wav2Vec2Config, disturbances: Disturbances) -> None:
        super().__init__({name: s for name, s in weight_shapes(config).items() if not name.startswith(_CONVOLUTIONS)})
        self.config, self._disturbances = config, disturbances
        self.masked_spec_embed = nn.Parameter(torch.rand(config.hidden_size))

    def arrays(self) -> dict[str, FloatArray]:
        """See ``Weights``; without what stands for masked frames in training."""
        return {name: array for name, array in super().arrays().items() if name != "masked_spec_embed"}

    def forward(self, features: Tensor) -> Tensor:
        """(B, T, C) resampled feature rows to (B, T, H)."""
        config, width = self.config, features.shape[2]
        rates = self._disturbances if self.training else Disturbances()
        rows = functional.layer_norm(features, (width,), *self.both("feature_projection.layer_norm"))
        rows = functional.dropout(self.linear("feature_projection.projection", rows), rates.dropout)
        rows = self._mask(rows, rates.masked)
        weight, bias = self.both("encoder.pos_conv_embed.conv")
        taps, groups = weight.shape[2], config.num_conv_pos_embedding_groups
        placed = functional.conv1d(rows.transpose(1, 2), weight, bias, padding=taps // 2, groups=groups)
        rows = rows + functional.gelu(placed[..., : rows.shape[1]]).transpose(1, 2)
        rows = functional.dropout(self.layer_norm("encoder.layer_norm", rows), rates.dropout)
        for number in range(config.num_hidden_layers):
            if not rates.layer_drop or torch.rand(()) >= rates.layer_drop:
                rows = self._layer(f"encoder.layers.{number}", rows, rates.dropout)
        return rows

    def _layer(self, name: str, rows: Tensor, dropout: float) -> Tensor:
        items, frames, _ = rows.shape
        qkv = self.linear(f"{name}.attention.qkv_proj", rows)
        queries, keys, values = qkv.view(items, frames, 3, self.config.num_attention_heads, -1).permute(2, 0, 3, 1, 4)
        attended = functional.scaled_dot_product_attention(queries, keys, values, dropout_p=dropout)
        attended = self.linear(f"{name}.attention.out_proj", attended.transpose(1, 2).reshape(rows.shape))
        rows = self.layer_norm(f"{name}.layer_norm", rows + functional.dropout(attended, dropout))
        inner = functional.gelu(self.linear(f"{name}.feed_forward.intermediate_dense", rows))
        inner = self.linear(f"{name}.feed_forward.output_dense", functional.dropout(inner, dropout))
        return self.layer_norm(f"{name}.final_layer_norm", rows + functional.dropout(inner, dropout))

    def _mask(self, rows: Tensor, share: float) -> Tensor:
        """SpecAugment's masks over time: stretches of ten frames become one learnt vector."""
        if not share:
            return rows
        begins = (torch.rand(rows.shape[:2], device=rows.device) < share).float()
        behind = functional.pad(begins, (_MASKED_FRAMES - 1, 0))
        is_masked = functional.max_pool1d(behind[:, None], _MASKED_FRAMES, 1)[:, 0] > 0
        return torch.where(is_masked[..., None], self.masked_spec_embed, rows)


class Convolutions:
    """The frozen convolutions of a speech encoder, on the CPU, by inference's own code.

    Args:
        weights: those of ``weight_shapes`` whose names begin with ``feature_extractor``.
        config: dimensions.
    """

    def __init__(self, weights: Mapping[str, Tensor], config: Wav2Vec2Config) -> None:
        self.weights = dict(weights)
        cpu = torch.device("cpu")
        layers = Layers(self.weights, cpu, arithmetic_for(cpu, "float32"))
        self._encoder = Wav2Vec2FeatureEncoder(layers.of(_CONVOLUTIONS.removesuffix(".")), config)

    def hear(self, speech: Speech) -> FloatArray:
        """(T, C) float32 feature rows of a whole line, one for each frame of 40 ms, as inference resamples them."""
        frames = whole_frames(speech.samples)
        return self.rows_of(zero_mean_unit_variance(frames.ravel()), len(frames))

    @torch.inference_mode()
    def rows_of(self, samples: np.ndarray, frames: int) -> FloatArray:
        """(T, C) float32 feature rows of (N,) normalised samples, resampled to so many frames."""
        return np.asarray(resize(self._encoder.forward(torch.from_numpy(samples), SMALL_STEPS), frames).numpy())


def read_encoder(path: str, sizes: EncoderSizes) -> tuple[Wav2Vec2Config, dict[str, Tensor]]:
    """Dimensions and weights that a training begins with.

    Args:
        path: Hugging Face's ``pytorch_model.bin`` or ``model.safetensors`` of wav2vec2-base; "" for none.
        sizes: of the encoder that stands in without one: its convolutions are random filters, which keep what the
            short-time spectrum tells, and its transformer learns from nothing.

    Returns:
        The configuration, and weights by the names of ``weight_shapes``: all of them from a file, else the
        convolutions' alone.

    Raises:
        EmoTalkError: the file is no wav2vec 2.0 of the base kind.
    """
    if not path:
        config = dataclasses.replace(BASE, **dataclasses.asdict(sizes))
        if problem := config.problem():
            raise EmoTalkError(f"The speech encoder of the recipe {problem}")
        return config, _random_filters(config)
    state = read_state(Path(path))
    prefix = next((each for each in _PREFIXES if f"{each}feature_projection.projection.weight" in state), "")
    used = CheckpointState(state, Path(path).name, "wav2vec 2.0")
    config = read_wav2vec2_config(used, prefix, BASE.encoder_norm)
    if config.feature_extractor_norm != BASE.feature_extractor_norm:
        raise EmoTalkError(
            f"{Path(path).name} is not of the kind of wav2vec2-base, which this network has; choose another"
        )
    used.check(published_shapes(config, state, prefix))
    weights = dict(convert_wav2vec2(used, prefix))
    check_wav2vec2(weights, config, Path(path).name)
    return config, weights


def is_convolution(name: str) -> bool:
    """Whether a weight of a speech encoder belongs to its convolutions."""
    return name.startswith(_CONVOLUTIONS)


def _random_filters(config: Wav2Vec2Config) -> dict[str, Tensor]:
    """Normal weights that keep the size of what goes through them (He et al., 2015); norms leave it as it is."""
    weights = {}
    for name, shape in weight_shapes(config).items():
        if is_convolution(name):
            if len(shape) == 2:
                weights[name] = torch.randn(shape) * (2 / shape[1]) ** 0.5
            else:
                weights[name] = torch.full(shape, float(name.endswith("weight")))
    return weights
