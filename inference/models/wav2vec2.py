"""wav2vec 2.0 (Baevski et al., NeurIPS 2020) in PyTorch: sound to hidden states, for each network that is built on it.

Classes, configuration and weights have the names of Hugging Face's ``transformers``. Both released families are here:
wav2vec2-base (a group norm in the first convolution, post-norm layers) and XLSR-53 (Conneau et al., Interspeech 2021:
a layer norm in each convolution, pre-norm layers). Face networks resample the features to the frames of their video
between the convolutions and the transformer, so these two are separate calls: ``extract_features``, ``forward``.

Shapes: N samples at 16 kHz, L feature rows at 50 per second, T rows of the transformer, C = ``conv_dim``,
H = ``hidden_size``. There is no batch axis.

What is computed differently from a plain forward pass, with the same numbers:

- The convolutions are local, so they run in stretches, as matrix products on channels-last rows. Only the group norm is
  not local; it becomes part of the first convolution (see ``Wav2Vec2FeatureEncoder``).
- Queries, keys and values are one product. No attention map is ever stored: memory grows with T, not with its square.
- The feed-forward layers run some rows at a time, and what goes from layer to layer is changed in place.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ..contract import Progress
from .layers import LAYER_NORM_EPS, Layers, Steps
from .matrix_products import Precision, Product

LARGEST_DIMENSION: Final = 65_536
"""No network that is known comes near it; a file that says more is damaged."""

_MOST_CONVOLUTIONS: Final = 32
_MOMENT_ROWS: Final = 1 << 16
"""Rows of samples at a time as float64: 5 MB."""


@dataclass(frozen=True)
class Wav2Vec2Config:
    """Dimensions of a wav2vec 2.0; the defaults are those of wav2vec2-base (section 4.2 of the paper).

    Attributes:
        hidden_size: H, the width of the transformer.
        num_hidden_layers: layers of the transformer.
        num_attention_heads: heads of each of them.
        intermediate_size: the width inside a feed-forward layer.
        conv_dim: C, the width of every convolution.
        conv_kernel: taps of each convolution.
        conv_stride: steps of each convolution, in rows of the one before; the first one's in samples.
        conv_bias: whether the convolutions have biases.
        feature_extractor_norm: "group": the first convolution's output is normalised, each channel over the whole
            sound (one group per channel), as in wav2vec2-base; "layer": every convolution's output is, each row over
            its channels, as in XLSR-53. ``feat_extract_norm`` in transformers.
        encoder_norm: "post": a layer norm after the positional embedding and after each half of a layer, none at the
            end; "pre": before each half and at the end. ``do_stable_layer_norm`` in transformers is True for "pre".
        num_conv_pos_embeddings: taps of the positional convolution.
        num_conv_pos_embedding_groups: groups of it.
    """

    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    conv_dim: int = 512
    conv_kernel: tuple[int, ...] = (10, 3, 3, 3, 3, 2, 2)
    conv_stride: tuple[int, ...] = (5, 2, 2, 2, 2, 2, 2)
    conv_bias: bool = False
    feature_extractor_norm: Literal["group", "layer"] = "group"
    encoder_norm: Literal["post", "pre"] = "post"
    num_conv_pos_embeddings: int = 128
    num_conv_pos_embedding_groups: int = 16

    def problem(self) -> str:
        """Why no network has these dimensions, as the second half of a sentence; "" if one can."""
        numbers = {
            "columns": self.hidden_size,
            "layers": self.num_hidden_layers,
            "heads": self.num_attention_heads,
            "columns in a feed-forward layer": self.intermediate_size,
            "columns in a convolution": self.conv_dim,
            "taps in the positional convolution": self.num_conv_pos_embeddings,
            "groups in the positional convolution": self.num_conv_pos_embedding_groups,
        }
        problem = impossible_number(numbers)
        if problem:
            return problem
        if not isinstance(self.conv_kernel, tuple) or not isinstance(self.conv_stride, tuple):
            return "names no taps and steps of its convolutions"
        if not 1 < len(self.conv_kernel) == len(self.conv_stride) <= _MOST_CONVOLUTIONS:
            return f"has {len(self.conv_kernel)} convolutions and {len(self.conv_stride)} steps of them"
        for values, what in ((self.conv_kernel, "taps in a convolution"), (self.conv_stride, "steps in a convolution")):
            problem = problem or next(filter(None, (impossible_number({what: value}) for value in values)), "")
        if problem:
            return problem
        if any(stride > kernel for kernel, stride in zip(self.conv_kernel, self.conv_stride, strict=True)):
            return "has convolutions whose steps are longer than their taps"
        if not isinstance(self.conv_bias, bool) or self.feature_extractor_norm not in ("group", "layer"):
            return "has convolutions of an unknown kind"
        if self.encoder_norm not in ("post", "pre"):
            return "has layers of an unknown kind"
        if self.hidden_size % self.num_attention_heads or self.hidden_size % self.num_conv_pos_embedding_groups:
            return (
                f"has {self.hidden_size} columns, which {self.num_attention_heads} heads and "
                f"{self.num_conv_pos_embedding_groups} groups cannot share"
            )
        return ""

    @property
    def convolutions(self) -> tuple[object, ...]:
        """All that shapes the feature extractor."""
        return self.conv_dim, self.conv_kernel, self.conv_stride, self.conv_bias, self.feature_extractor_norm

    @property
    def receptive_field(self) -> int:
        """Samples under one feature row, and so the shortest sound that has any: 400."""
        field = 1
        for kernel, stride in zip(reversed(self.conv_kernel), reversed(self.conv_stride), strict=True):
            field = (field - 1) * stride + kernel
        return field

    @property
    def hop(self) -> int:
        """Samples from one feature row to the next: 320."""
        return math.prod(self.conv_stride)

    def feature_count(self, samples: int) -> int:
        """L, the feature rows of that many samples; 0 where they are too few."""
        return max((samples - self.receptive_field) // self.hop + 1, 0)


BASE: Final = Wav2Vec2Config()
"""facebook/wav2vec2-base and its fine-tunings."""
XLSR_53: Final = Wav2Vec2Config(
    hidden_size=1024,
    num_hidden_layers=24,
    num_attention_heads=16,
    intermediate_size=4096,
    conv_bias=True,
    feature_extractor_norm="layer",
    encoder_norm="pre",
)
"""facebook/wav2vec2-large-xlsr-53 and its fine-tunings."""


def impossible_number(numbers: Mapping[str, object]) -> str:
    """The first of some dimensions that no network has, as the second half of a sentence; "" if all are possible."""
    for what, value in numbers.items():
        if type(value) is not int or not 0 < value <= LARGEST_DIMENSION:
            return f"says that it has {value!r} {what}, where a whole number from 1 to {LARGEST_DIMENSION:,} belongs"
    return ""


def weight_shapes(config: Wav2Vec2Config) -> dict[str, tuple[int, ...]]:
    """Every weight's name and shape.

    They differ from transformers' where a product wants them differently: a convolution's kernel is a matrix
    (C, taps x input width), the positional convolution's weight is without weight norm, and queries, keys and values
    are one ``qkv_proj``.
    """
    hidden, inner, width = config.hidden_size, config.intermediate_size, config.conv_dim
    taps, groups = config.num_conv_pos_embeddings, config.num_conv_pos_embedding_groups
    shapes: dict[str, tuple[int, ...]] = {}
    # Layers with a bias as long as their weight is high.
    biased: dict[str, tuple[int, ...]] = {
        "feature_projection.layer_norm": (width,),
        "feature_projection.projection": (hidden, width),
        "encoder.pos_conv_embed.conv": (hidden, hidden // groups, taps),
        "encoder.layer_norm": (hidden,),
    }
    for i, kernel in enumerate(config.conv_kernel):
        name = f"feature_extractor.conv_layers.{i}"
        shapes[f"{name}.conv.weight"] = (width, kernel * (width if i else 1))
        if config.conv_bias:
            shapes[f"{name}.conv.bias"] = (width,)
        if config.feature_extractor_norm == "layer" or i == 0:
            biased[f"{name}.layer_norm"] = (width,)
    for i in range(config.num_hidden_layers):
        name = f"encoder.layers.{i}"
        biased |= {
            f"{name}.attention.qkv_proj": (3 * hidden, hidden),
            f"{name}.attention.out_proj": (hidden, hidden),
            f"{name}.layer_norm": (hidden,),
            f"{name}.feed_forward.intermediate_dense": (inner, hidden),
            f"{name}.feed_forward.output_dense": (hidden, inner),
            f"{name}.final_layer_norm": (hidden,),
        }
    for name, shape in biased.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    return shapes


@dataclass(frozen=True)
class Windows:
    """How the transformer is given a long line in parts.

    Attributes:
        rows: hidden states that one part gives.
        margin: rows that it is given beyond them on both sides.
    """

    rows: int
    margin: int


class Wav2Vec2Model:
    """A wav2vec 2.0 without masking, dropout and heads for training.

    Args:
        layers: the weights of ``weight_shapes``, float32.
        config: their dimensions.
        precision: of the products. "int8" is for the transformer alone; convolutions then take bfloat16.
        feature_extractor: another model's, where both are known to be equal; else this one's own is made.

    Raises:
        EmoTalkError: a weight is missing.
    """

    def __init__(
        self,
        layers: Layers,
        config: Wav2Vec2Config,
        precision: Precision = "float32",
        feature_extractor: "Wav2Vec2FeatureEncoder | None" = None,
    ) -> None:
        self.config = config
        if feature_extractor is None:
            local = layers.at("bfloat16" if precision == "int8" else precision)
            feature_extractor = Wav2Vec2FeatureEncoder(local.of("feature_extractor"), config)
        self.feature_extractor = feature_extractor
        deep = layers.at(precision)
        self._feature_projection = Wav2Vec2FeatureProjection(deep.of("feature_projection"))
        self._encoder = Wav2Vec2Encoder(deep.of("encoder"), config)

    def extract_features(self, input_values: Tensor, steps: Steps) -> Tensor:
        """(N,) samples of ``zero_mean_unit_variance`` to (L, C) feature rows; see ``Wav2Vec2FeatureEncoder``."""
        return self.feature_extractor.forward(input_values, steps)

    def forward(
        self,
        features: Tensor,
        steps: Steps,
        progress: Progress | None = None,
        windows: Windows | None = None,
        layer_weights: Tensor | None = None,
    ) -> Tensor:
        """The last hidden states of feature rows, which the caller may have resampled.

        Args:
            features: (T, C), float32.
            steps: how much is computed at a time.
            progress: called with the share (0..1) of the layers or windows that are done.
            windows: encode the rows in parts. Time then grows with T, not with its square, but the numbers differ a
                little: attention does not reach beyond a part.
            layer_weights: (layers + 1,): the sum of what goes into the first layer and comes out of each, so weighted,
                in place of the last hidden states. The last one counts after the last norm, as in transformers 4.

        Returns:
            (T, H) float32.
        """
        if windows is None:
            return self._encoder.forward(self._feature_projection.forward(features), steps, progress, layer_weights)
        parts = []
        for first in range(0, len(features), windows.rows):
            start = max(first - windows.margin, 0)
            rows = features[start : first + windows.rows + windows.margin]
            part = self.forward(rows, steps, layer_weights=layer_weights)
            parts.append(part[first - start : first - start + windows.rows])
            if progress is not None:
                progress(min((first + windows.rows) / len(features), 1.0))
        return torch.cat(parts)


class Wav2Vec2FeatureEncoder:
    """The convolutions (section 2, "Feature encoder"), each followed by a GELU; ``feature_extractor`` in the weights.

    A group norm with a group for each channel needs each channel's mean and variance over the whole sound. Those of
    the first convolution follow from the mean and the covariance of the samples under its kernel, without convolving
    anything. So norm and convolution are one linear layer for that sound, and even then stretches know all they need.

    Args:
        layers: the weights below ``feature_extractor``.
        config: their dimensions.
    """

    def __init__(self, layers: Layers, config: Wav2Vec2Config) -> None:
        self._config = config
        parts = [layers.of(f"conv_layers.{i}") for i in range(len(config.conv_kernel))]
        self._group_norm: _GroupNormConvolution | None = None
        if config.feature_extractor_norm == "group":
            self._group_norm = _GroupNormConvolution(parts[0], config)
            self._conv_layers = [part.product("conv", bias=config.conv_bias, gelu=True) for part in parts[1:]]
        else:
            self._conv_layers = [_layer_norm_convolution(part, config.conv_bias) for part in parts]

    def forward(self, input_values: Tensor, steps: Steps) -> Tensor:
        """Feature rows, a stretch at a time.

        Args:
            input_values: (N,) float32 samples at 16 kHz, of mean 0 and variance 1.
            steps: how much is computed at a time.

        Returns:
            (L, C) float32.

        Raises:
            ValueError: the sound is shorter than the receptive field.
        """
        return self.heard(input_values, steps)(slice(0, self._config.feature_count(len(input_values))))

    def heard(self, input_values: Tensor, steps: Steps) -> Callable[[slice], Tensor]:
        """A function that gives some of a sound's feature rows, without the others; as ``forward``."""
        if not self._config.feature_count(len(input_values)):
            shortest = self._config.receptive_field
            raise ValueError(f"wav2vec 2.0 needs at least {shortest} samples, not {len(input_values)}")
        conv_layers = self._conv_layers
        if self._group_norm is not None:
            conv_layers = [self._group_norm.folded(input_values), *conv_layers]
        hop, field = self._config.hop, self._config.receptive_field

        def give(rows: slice) -> Tensor:
            stretches = []
            for first in range(rows.start, rows.stop, steps.feature_rows):
                last = min(first + steps.feature_rows, rows.stop) - 1
                stretches.append(self._convolve(conv_layers, input_values[first * hop : last * hop + field]))
            return torch.cat(stretches).float()

        return give

    def _convolve(self, conv_layers: list[Product], samples: Tensor) -> Tensor:
        rows = samples[:, None].contiguous()
        for conv_layer, kernel, stride in zip(
            conv_layers, self._config.conv_kernel, self._config.conv_stride, strict=True
        ):
            width = rows.shape[1]
            count = (len(rows) - kernel) // stride + 1
            rows = conv_layer(rows.as_strided((count, kernel * width), (stride * width, 1)))
        return rows


class Wav2Vec2FeatureProjection:
    """From the width of the convolutions to that of the transformer.

    Args:
        layers: the weights below ``feature_projection``.
    """

    def __init__(self, layers: Layers) -> None:
        self._layer_norm, self._projection = layers.layer_norm("layer_norm"), layers.product("projection")

    def forward(self, features: Tensor) -> Tensor:
        """(T, C) to (T, H) float32."""
        return self._projection(self._layer_norm(features)).float()


class Wav2Vec2Encoder:
    """The transformer (section 2, "Contextualized representations with Transformers").

    Whatever the precision, what goes from layer to layer is float32, and so are the sums of norms and attention.

    Args:
        layers: the weights below ``encoder``.
        config: their dimensions.
    """

    def __init__(self, layers: Layers, config: Wav2Vec2Config) -> None:
        self._pos_conv_embed = layers.convolution("pos_conv_embed.conv", config.num_conv_pos_embedding_groups)
        self._layer_norm = layers.layer_norm("layer_norm")
        self._is_pre_norm = config.encoder_norm == "pre"
        layer = Wav2Vec2EncoderLayerStableLayerNorm if self._is_pre_norm else Wav2Vec2EncoderLayer
        self._layers = [layer(layers.of(f"layers.{i}"), config) for i in range(config.num_hidden_layers)]

    def forward(
        self,
        hidden_states: Tensor,
        steps: Steps,
        progress: Progress | None = None,
        layer_weights: Tensor | None = None,
    ) -> Tensor:
        """(T, H) to (T, H), the given ones changed in place; see ``Wav2Vec2Model.forward``."""
        hidden_states += self._pos_conv_embed(hidden_states)
        if not self._is_pre_norm:
            hidden_states = self._layer_norm(hidden_states)
        total = hidden_states * layer_weights[0] if layer_weights is not None else None
        for number, layer in enumerate(self._layers):
            hidden_states = layer.forward(hidden_states, steps)
            is_last = number + 1 == len(self._layers)
            if is_last and self._is_pre_norm:
                hidden_states = self._layer_norm(hidden_states)
            if total is not None and layer_weights is not None:
                total += hidden_states * layer_weights[number + 1]
            if progress is not None:
                progress((number + 1) / len(self._layers))
        return hidden_states if total is None else total


class Wav2Vec2EncoderLayer:
    """One transformer layer that normalises after each half.

    Args:
        layers: its weights.
        config: their dimensions.
    """

    def __init__(self, layers: Layers, config: Wav2Vec2Config) -> None:
        self._heads = config.num_attention_heads
        self._layer_norm, self._final_layer_norm = (layers.layer_norm(n) for n in ("layer_norm", "final_layer_norm"))
        self._qkv_proj, self._out_proj = layers.product("attention.qkv_proj"), layers.product("attention.out_proj")
        self._intermediate_dense = layers.product("feed_forward.intermediate_dense", gelu=True)
        self._output_dense = layers.product("feed_forward.output_dense")
        self._scaled_dot_product = layers.arithmetic.attend

    def forward(self, hidden_states: Tensor, steps: Steps) -> Tensor:
        """(T, H), changed in place."""
        hidden_states += self._attention(hidden_states)
        for block in _blocks(hidden_states, steps):
            block.copy_(self._layer_norm(block))
            block += self._feed_forward(block)
            block.copy_(self._final_layer_norm(block))
        return hidden_states

    def _attention(self, hidden_states: Tensor) -> Tensor:
        qkv = self._qkv_proj(hidden_states).view(len(hidden_states), 3, self._heads, -1)
        attended = self._scaled_dot_product(*qkv.unbind(dim=1)).reshape(hidden_states.shape)
        del qkv  # three times the width, no longer needed
        return self._out_proj(attended)

    def _feed_forward(self, hidden_states: Tensor) -> Tensor:
        return self._output_dense(self._intermediate_dense(hidden_states))


class Wav2Vec2EncoderLayerStableLayerNorm(Wav2Vec2EncoderLayer):
    """One transformer layer that normalises before each half."""

    def forward(self, hidden_states: Tensor, steps: Steps) -> Tensor:
        """(T, H), changed in place."""
        hidden_states += self._attention(self._layer_norm(hidden_states))
        for block in _blocks(hidden_states, steps):
            block += self._feed_forward(self._final_layer_norm(block))
        return hidden_states


def zero_mean_unit_variance(samples: np.ndarray) -> np.ndarray:
    """(N,) samples with mean 0 and (population) variance 1, as transformers' feature extractor normalises them."""
    samples = np.asarray(samples, np.float32)
    return (samples - samples.mean()) / np.sqrt(samples.var() + 1e-7)


def resize(rows: Tensor, count: int) -> Tensor:
    """(L, width) to (count, width) by linear interpolation with aligned corners: first and last row are kept."""
    return functional.interpolate(rows.t()[None], size=count, mode="linear", align_corners=True)[0].t().contiguous()


def window_moments(samples: Tensor, taps: int, stride: int) -> tuple[Tensor, Tensor]:
    """The mean (taps,) and the population covariance (taps, taps) of the samples under a kernel, float64 on the CPU."""
    windows = samples.cpu().unfold(0, taps, stride)
    blocks = torch.split(windows, _MOMENT_ROWS)
    mean = torch.stack([block.double().sum(dim=0) for block in blocks]).sum(dim=0) / len(windows)
    covariance = torch.zeros(taps, taps, dtype=torch.float64)
    for block in blocks:
        centred = block.double() - mean
        covariance += centred.t() @ centred
    return mean, covariance / len(windows)


class _GroupNormConvolution:
    """A convolution with a group norm, one group for each channel, and a GELU: a linear layer made for each sound.

    Everything is computed in float64, which not every GPU has, and on the processor, which has little to do here.
    """

    def __init__(self, layers: Layers, config: Wav2Vec2Config) -> None:
        self._taps, self._stride = config.conv_kernel[0], config.conv_stride[0]
        self._linear, self._device = layers.arithmetic.linear, layers.device
        # A bias of the convolution would change nothing: the norm takes it away.
        self._weight = layers.tensor("conv.weight").cpu().double()
        self._scale, self._shift = (layers.tensor(f"layer_norm.{kind}").cpu().double() for kind in ("weight", "bias"))

    def folded(self, samples: Tensor) -> Product:
        """(rows, taps) to (rows, C) for one sound."""
        mean, covariance = window_moments(samples, self._taps, self._stride)
        variance = ((self._weight @ covariance) * self._weight).sum(dim=1)
        scale = self._scale / torch.sqrt(variance + LAYER_NORM_EPS)
        weight, bias = scale[:, None] * self._weight, self._shift - scale * (self._weight @ mean)
        return self._linear(weight.float().to(self._device), bias.float().to(self._device), gelu=True)


def _layer_norm_convolution(layers: Layers, bias: bool) -> Product:
    """A convolution, a layer norm and a GELU."""
    convolution, layer_norm = layers.product("conv", bias=bias), layers.layer_norm("layer_norm")
    return lambda windows: functional.gelu(layer_norm(convolution(windows)))


def _blocks(rows: Tensor, steps: Steps) -> tuple[Tensor, ...]:
    """Some rows at a time: the width of a feed-forward layer for all of a long line would be most of the memory."""
    return rows.chunk(math.ceil(len(rows) / steps.feed_forward_rows))
