"""Karras et al. 2017 in PyTorch, for training; ``inference/models/karras.py`` runs the same network in NumPy.

Attribute names of the modules are the tensor names of exported weights.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...inference.models.karras import KERNELS, SQRT2, WINDOW
from ..arrays import FloatArray


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes of the network; the defaults are the paper's.

    Attributes:
        formant_widths: channels of the five formant layers.
        articulation_width: channels of the five articulation layers.
        emotion_size: numbers of an emotion vector.
        components: of the basis of poses that the last layer begins with; fewer if the face has fewer channels.
        compression: exponent of the energy of a frame of sound; 1 leaves it as it is.
        noise: strength of the multiplicative noise on the formant network's channels, in training.
    """

    formant_widths: tuple[int, ...] = (72, 108, 162, 243, 256)
    articulation_width: int = 256
    emotion_size: int = 16
    components: int = 150
    compression: float = 1.0
    noise: float = 0.4

    def __post_init__(self) -> None:
        if len(self.formant_widths) != len(KERNELS["formant"]):
            raise ValueError(
                f"the formant network has {len(KERNELS['formant'])} layers, not {len(self.formant_widths)}"
            )


class Noise(nn.Module):
    """Multiplies each channel of a sample by (1 + strength)^N(0, 1), and divides by their root mean square.

    One draw serves all frames of a sample, so that a pair of adjacent frames keeps its difference.
    """

    def __init__(self, strength: float) -> None:
        super().__init__()
        self._strength = strength

    def forward(self, hidden: Tensor) -> Tensor:
        """(samples, C, frames) to the same shape; the identity outside of training."""
        if not self.training or self._strength <= 0:
            return hidden
        factors = (1 + self._strength) ** torch.randn(len(hidden), hidden.shape[1], 1, device=hidden.device)
        return hidden * (factors / factors.square().mean(dim=1, keepdim=True).sqrt())


class KarrasNetwork(nn.Module):
    """Formant, articulation and output network.

    Args:
        config: sizes.
        poses: (frames, channels) training poses, whose principal components the last layer begins with.
    """

    def __init__(self, config: NetworkConfig, poses: FloatArray) -> None:
        super().__init__()
        self.config = config
        widths = (1, *config.formant_widths)
        self.formant = nn.ModuleList(
            nn.Conv1d(widths[i], widths[i + 1], kernel, 2, padding=kernel // 3)
            for i, kernel in enumerate(KERNELS["formant"])
        )
        inputs = (widths[-1], *(len(KERNELS["articulation"]) - 1) * (config.articulation_width + config.emotion_size,))
        self.articulation = nn.ModuleList(
            nn.Conv1d(inputs[i], config.articulation_width, kernel, 4 if kernel == 4 else 2, padding=kernel % 2)
            for i, kernel in enumerate(KERNELS["articulation"])
        )
        mean, components = principal_components(torch.from_numpy(poses).float(), config.components)
        self.output = nn.ModuleList(
            (
                nn.Linear(config.articulation_width + config.emotion_size, len(components)),
                nn.Linear(*components.shape),
            )
        )
        self.noise = Noise(config.noise)
        for layer in (*self.formant, *self.articulation, self.output[0]):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")
            nn.init.zeros_(layer.bias)
        with torch.no_grad():
            self.output[1].weight.copy_(components.T)
            self.output[1].bias.copy_(mean)

    def formants(self, frames: Tensor) -> Tensor:
        """The formant network: (samples, n, 32) autocorrelation to (samples, n, C), each frame alone."""
        samples, count, lags = frames.shape
        hidden = frames.reshape(samples * count, 1, lags)
        for layer in self.formant:
            hidden = relu(layer(hidden))
            # The channels of a sample share their draw over its frames and over the lags.
            shape = hidden.shape
            by_sample = hidden.view(samples, count, *shape[1:]).movedim(1, -1).flatten(2)
            noisy = self.noise(by_sample) if self.training else by_sample
            hidden = noisy.unflatten(2, (shape[2], count)).movedim(-1, 1).reshape(shape)
        return hidden.reshape(samples, count, -1)

    def poses(self, windows: Tensor, emotions: Tensor) -> Tensor:
        """Articulation and output network.

        Args:
            windows: (n, 64, C) formant features around each moment.
            emotions: (n, E) the emotion vector there.

        Returns:
            (n, channels) coefficients.
        """
        hidden = windows.transpose(1, 2)
        for layer in self.articulation:
            hidden = relu(layer(hidden))
            beside = emotions[:, :, None].expand(-1, -1, hidden.shape[2])
            hidden = torch.cat([hidden, beside], dim=1)
        pose: Tensor = self.output[1](self.output[0](hidden[:, :, 0]))
        return pose

    def forward(self, frames: Tensor, emotions: Tensor, spacing: int) -> Tensor:
        """Poses at evenly spaced moments, which share the formant features of the frames between them.

        Args:
            frames: (samples, 64 + spacing (moments - 1), 32) autocorrelation.
            emotions: (samples, moments, E).
            spacing: hops between moments.

        Returns:
            (samples, moments, channels).
        """
        windows = self.formants(frames).unfold(1, WINDOW, spacing).transpose(2, 3)
        poses = self.poses(windows.flatten(0, 1), emotions.flatten(0, 1))
        return poses.unflatten(0, emotions.shape[:2])


def relu(values: Tensor) -> Tensor:
    """The ReLU that keeps the variance."""
    return functional.relu(values) * float(SQRT2)


def principal_components(poses: Tensor, most: int) -> tuple[Tensor, Tensor]:
    """The mean pose (channels,), and at most so many components (n, channels), each as long as it varies."""
    mean = poses.mean(dim=0)
    _, sizes, components = torch.linalg.svd(poses - mean, full_matrices=False)
    lengths = sizes / max(len(poses), 1) ** 0.5
    return mean, (components * lengths[:, None])[:most]
