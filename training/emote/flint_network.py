"""FLINT in PyTorch with batches and gradients, for training; ``inference/models/flint.py`` runs the same weights.

Shapes: B items, T frames (a multiple of eight), E expressions, D the width of a latent.
"""

from torch import Tensor
from torch.nn import functional

from ...inference.models.flint import TAPS, FlintConfig, decoder_shapes, encoder_shapes
from .weights import Weights, start_at_zero

_MARGIN = TAPS // 2
_SLOPE = 0.2


class FlintEncoder(Weights):
    """From motion to the distribution of its latents.

    Args:
        config: dimensions.
    """

    def __init__(self, config: FlintConfig) -> None:
        super().__init__(encoder_shapes(config))
        self._config = config

    def forward(self, motion: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, E + 3) to mean and logarithm of the variance, (B, T / 8, D) each."""
        image = motion.transpose(1, 2)
        for number in range(self._config.stages):
            image = convolve(self, f"squasher.{number}", image, stride=1 if number else 2)
            if number:
                image = functional.max_pool1d(image, 2)
        rows = self.linear("linear_embedding", image.transpose(1, 2))
        rows = self.biased_layer("transformer", rows, self._config.heads, 1)
        return self.linear("mean", rows), self.linear("logvar", rows)


class FlintDecoder(Weights):
    """From latents to motion.

    Args:
        config: dimensions.
        frozen: whether it stays as it is: no gradients, and running statistics that do not move.
    """

    def __init__(self, config: FlintConfig, frozen: bool = False) -> None:
        super().__init__(decoder_shapes(config))
        self.config = config
        self._frozen = frozen
        if frozen:
            self.requires_grad_(False)
            self.eval()
        else:
            start_at_zero(self, "post_transformer_linear")

    def train(self, mode: bool = True) -> "FlintDecoder":
        """Stays in evaluation where it is frozen."""
        super().train(mode and not self._frozen)
        return self

    def forward(self, latents: Tensor) -> Tensor:
        """(B, T / 8, D) to (B, T, E + 3)."""
        weight, bias = self.both("expander.0.convolution")
        image = functional.conv_transpose1d(
            latents.transpose(1, 2), weight, bias, stride=2, padding=_MARGIN, output_padding=1
        )
        image = finish(self, "expander.0", image)
        for number in range(1, self.config.stages):
            image = convolve(self, f"expander.{number}", image).repeat_interleave(2, dim=2)
        rows = self.linear("linear_embedding", image.transpose(1, 2))
        rows = self.biased_layer("transformer", rows, self.config.heads, 1)
        rows = self.linear("post_transformer_linear", rows)
        weight, bias = self.both("cross_smooth_layer")
        return functional.conv1d(rows.transpose(1, 2), weight, bias, padding=_MARGIN).transpose(1, 2)


def convolve(weights: Weights, name: str, image: Tensor, stride: int = 1) -> Tensor:
    """A stage: (B, in, T) to (B, out, T / stride), both ends padded with the first and the last frame."""
    padded = functional.pad(image, (_MARGIN, _MARGIN), mode="replicate")
    return finish(weights, name, functional.conv1d(padded, *weights.both(f"{name}.convolution"), stride=stride))


def finish(weights: Weights, name: str, convolved: Tensor) -> Tensor:
    """What follows a stage's convolution."""
    return weights.batch_norm(f"{name}.batch_norm", functional.leaky_relu(convolved, _SLOPE))
