"""FLINT (Daněček et al., SIGGRAPH Asia 2023) in PyTorch: the motion prior of EMOTE, a variational autoencoder of FLAME.

One latent stands for eight frames of expression and jaw. EMOTE predicts latents and leaves the motion to FLINT's
decoder; the encoder is for FLINT's own checkpoints and for training. Shapes: T frames, E expressions, D the width.
There is no batch axis.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ...face.basis import JAW_CHANNELS
from ..checkpoints.safetensors_file import read_safetensors
from ..contract import EmoTalkError
from .biased_attention import BiasedLayer, layer_shapes, with_biases
from .configuration import checked, config_in
from .layers import Layers, check_arrays
from .matrix_products import arithmetic_for
from .wav2vec2 import impossible_number

MODEL_ID: Final = "flint"
BATCH_NORM_EPS: Final = 1e-5
TAPS: Final = 5
MOST_EXPRESSIONS: Final = 100
"""As many as FLAME has."""

_SLOPE: Final = 0.2
"""Of every leaky ReLU."""
_MARGIN: Final = TAPS // 2
MOST_STAGES: Final = 8
_BATCH_NORM: Final = ("weight", "bias", "running_mean", "running_var")


@dataclass(frozen=True)
class FlintConfig:
    """Dimensions of the network; the defaults are those of the second published version (the first has 50 expressions).

    Attributes:
        expressions: E, of FLAME.
        width: D, of a latent and of everything between it and the motion.
        stages: how often the length is halved on the way to the latents.
        heads: of the transformer layer.
        feed_forward: the width inside its feed-forward layer.
    """

    expressions: int = 100
    width: int = 128
    stages: int = 3
    heads: int = 8
    feed_forward: int = 384

    @classmethod
    def from_json(cls, text: str) -> "FlintConfig":
        """The configuration of a weights file.

        Raises:
            ValueError: it is none; the message is the second half of a sentence.
        """
        return checked(lambda: cls(**json.loads(text)))

    def problem(self) -> str:
        """Why FLINT here cannot be such a network, as the second half of a sentence; "" if it can."""
        numbers = {
            "expressions": self.expressions,
            "columns in a latent": self.width,
            "stages": self.stages,
            "heads in the motion prior": self.heads,
            "columns in the motion prior's feed-forward layer": self.feed_forward,
        }
        problem = impossible_number(numbers)
        if problem:
            return problem
        if self.expressions > MOST_EXPRESSIONS:
            return f"gives {self.expressions} expressions; FLAME has {MOST_EXPRESSIONS}"
        if self.stages > MOST_STAGES or self.width % self.heads:
            return (
                f"has a motion prior of {self.stages} stages and {self.width} columns, which {self.heads} heads "
                "cannot share"
            )
        return ""

    @property
    def frames_per_latent(self) -> int:
        """8."""
        return 2**self.stages

    @property
    def channels(self) -> int:
        """E + 3: expression, then the jaw's axis-angle in radians."""
        return self.expressions + len(JAW_CHANNELS)


def weight_shapes(config: FlintConfig) -> dict[str, tuple[int, ...]]:
    """Every weight's name and shape."""
    parts = {"motion_encoder": encoder_shapes(config), "motion_decoder": decoder_shapes(config)}
    return {f"{part}.{name}": shape for part, shapes in parts.items() for name, shape in shapes.items()}


def decoder_shapes(config: FlintConfig) -> dict[str, tuple[int, ...]]:
    """Every weight's name and shape in the decoder."""
    width = config.width
    return {
        **_stage_shapes("expander", [width] * config.stages, width),
        **with_biases(
            {
                "linear_embedding": (width, width),
                "post_transformer_linear": (width, width),
                "cross_smooth_layer": (config.channels, width, TAPS),
            }
        ),
        **_transformer_shapes(config),
    }


def encoder_shapes(config: FlintConfig) -> dict[str, tuple[int, ...]]:
    """Every weight's name and shape in the encoder."""
    width = config.width
    return {
        **_stage_shapes("squasher", [config.channels] + [width] * (config.stages - 1), width),
        **with_biases(dict.fromkeys(("linear_embedding", "mean", "logvar"), (width, width))),
        **_transformer_shapes(config),
    }


class Flint:
    """The whole network, from motion to latents and back, on the CPU.

    Args:
        weights: of ``weight_shapes``, float32.
        config: their dimensions.

    Raises:
        EmoTalkError: a weight is missing.
    """

    def __init__(self, weights: Mapping[str, Tensor], config: FlintConfig) -> None:
        device = torch.device("cpu")
        layers = Layers(weights, device, arithmetic_for(device, "float32"))
        self.config = config
        self._encoder = FlintEncoder(layers.of("motion_encoder"), config)
        self._decoder = FlintDecoder(layers.of("motion_decoder"), config)

    @classmethod
    def load(cls, path: str | Path) -> "Flint":
        """The network of a file that ``importing.convert_checkpoint`` wrote.

        Raises:
            EmoTalkError: the file is missing, damaged or another model's.
        """
        arrays, metadata = read_safetensors(path, mapped=True)
        name = Path(path).name
        if metadata.get("model") != MODEL_ID:
            raise EmoTalkError(f"The weights in {name} are not FLINT's; import the checkpoint again")
        config = config_in(FlintConfig.from_json, metadata, name)
        check_arrays(arrays, weight_shapes(config), name)
        return cls({weight: torch.from_numpy(array) for weight, array in arrays.items()}, config)

    @torch.inference_mode()
    def encode(self, motion: np.ndarray) -> np.ndarray:
        """(T, E + 3) float32 expression and jaw to (ceil(T / 8), D) latents: their means, nothing is drawn by lot."""
        return self._encoder.forward(torch.from_numpy(motion))[0].numpy()

    @torch.inference_mode()
    def decode(self, latents: np.ndarray) -> np.ndarray:
        """(K, D) latents to (8 K, E + 3) expression and jaw."""
        return self._decoder.forward(torch.from_numpy(latents)).numpy()


class FlintDecoder:
    """From latents to expression and jaw; ``motion_decoder`` in the weights.

    Args:
        layers: the weights of ``decoder_shapes``.
        config: their dimensions.
    """

    def __init__(self, layers: Layers, config: FlintConfig) -> None:
        self._stages = [_Stage(layers.of(f"expander.{i}")) for i in range(config.stages)]
        self._linear_embedding = layers.product("linear_embedding")
        self._transformer = BiasedLayer(layers.of("transformer"), config.heads, period=1)
        self._post_transformer_linear = layers.product("post_transformer_linear")
        self._cross_smooth_layer = layers.tensor("cross_smooth_layer.weight"), layers.tensor("cross_smooth_layer.bias")

    def forward(self, latents: Tensor) -> Tensor:
        """(T / 8, D) latents to (T, E + 3) expression and jaw."""
        first, *others = self._stages
        # The only stage that stretches by its convolution; the others repeat what they have convolved.
        image = first.finish(
            functional.conv_transpose1d(
                latents.t()[None], first.weight, first.bias, stride=2, padding=_MARGIN, output_padding=1
            )
        )
        for stage in others:
            image = stage.convolve(image).repeat_interleave(2, dim=2)
        rows = self._linear_embedding(image[0].t())
        rows = self._post_transformer_linear(self._transformer.forward(rows))
        weight, bias = self._cross_smooth_layer
        return functional.conv1d(rows.t()[None], weight, bias, padding=_MARGIN)[0].t()


class FlintEncoder:
    """From expression and jaw to latents; ``motion_encoder`` in the weights.

    Args:
        layers: the weights of ``encoder_shapes``.
        config: their dimensions.
    """

    def __init__(self, layers: Layers, config: FlintConfig) -> None:
        self._frames_per_latent = config.frames_per_latent
        self._stages = [_Stage(layers.of(f"squasher.{i}")) for i in range(config.stages)]
        self._linear_embedding = layers.product("linear_embedding")
        self._transformer = BiasedLayer(layers.of("transformer"), config.heads, period=1)
        self._mean, self._logvar = layers.product("mean"), layers.product("logvar")

    def forward(self, motion: Tensor) -> tuple[Tensor, Tensor]:
        """The distribution of the latents.

        Args:
            motion: (T, E + 3) expression and jaw; the last frame is repeated until all frames have a latent.

        Returns:
            (ceil(T / 8), D) mean and logarithm of the variance. Without a reason to sample, the mean is the latent.
        """
        missing = -len(motion) % self._frames_per_latent
        image = torch.cat([motion, motion[-1:].expand(missing, -1)]).t()[None]
        first, *others = self._stages
        image = first.convolve(image, stride=2)
        for stage in others:
            image = functional.max_pool1d(stage.convolve(image), 2)
        rows = self._transformer.forward(self._linear_embedding(image[0].t()))
        return self._mean(rows), self._logvar(rows)


class _Stage:
    """A convolution, a leaky ReLU and a batch norm with the statistics of the training."""

    def __init__(self, layers: Layers) -> None:
        self.weight, self.bias = layers.tensor("convolution.weight"), layers.tensor("convolution.bias")
        scale, shift, mean, variance = (layers.tensor(f"batch_norm.{name}") for name in _BATCH_NORM)
        self._scale = (scale / torch.sqrt(variance + BATCH_NORM_EPS))[:, None]
        self._shift = (shift - mean * self._scale[:, 0])[:, None]

    def convolve(self, image: Tensor, stride: int = 1) -> Tensor:
        """(1, in, T) to (1, out, T / stride); both ends are padded with the first and the last frame."""
        padded = functional.pad(image, (_MARGIN, _MARGIN), mode="replicate")
        return self.finish(functional.conv1d(padded, self.weight, self.bias, stride=stride))

    def finish(self, convolved: Tensor) -> Tensor:
        """What follows the convolution."""
        return functional.leaky_relu(convolved, _SLOPE) * self._scale + self._shift


def latent_count(frames: int, config: FlintConfig) -> int:
    """Latents for so many frames; the last one may reach beyond them."""
    return math.ceil(frames / config.frames_per_latent)


def _stage_shapes(name: str, inputs: list[int], width: int) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    for i, columns in enumerate(inputs):
        shapes |= with_biases({f"{name}.{i}.convolution": (width, columns, TAPS)})
        shapes |= {f"{name}.{i}.batch_norm.{kind}": (width,) for kind in _BATCH_NORM}
    return shapes


def _transformer_shapes(config: FlintConfig) -> dict[str, tuple[int, ...]]:
    shapes = layer_shapes(config.width, config.feed_forward)
    return {f"transformer.{name}": shape for name, shape in shapes.items()}
