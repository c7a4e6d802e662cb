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
        compression: exponent of the power spectra before they become autocorrelation; 1 leaves them as they are.
        noise: strength of the multiplicative noise on the formant network's channels, in training.
        dropout: share of the channels of the articulation layers but the last that a sample goes without, in training.
    """

    formant_widths: tuple[int, ...] = (72, 108, 162, 243, 256)
    articulation_width: int = 256
    emotion_size: int = 16
    components: int = 150
    compression: float = 1.0
    noise: float = 0.4
    dropout: float = 0.0

    def __post_init__(self) -> None:
        if len(self.formant_widths) != len(KERNELS["formant"]):
            raise ValueError(
                f"the formant network has {len(KERNELS['formant'])} layers, not {len(self.formant_widths)}"
            )


class Convolution(nn.Linear):
    """A convolution along the last but one axis, stored as one matrix: matrix products are faster than convolutions.

    Kernels of three advance by two, with one row of zeros before the first; even ones advance by their width.
    """

    def __init__(self, size_in: int, size_out: int, taps: int) -> None:
        super().__init__(taps * size_in, size_out)
        self.taps = taps

    def forward(self, rows: Tensor) -> Tensor:
        """(..., n, size_in) to (..., n / stride, size_out); n is a multiple of the stride."""
        if self.taps % 2:
            rows = functional.pad(rows, (0, 0, 1, 0))
        stride = self.taps - self.taps % 2
        count = (rows.shape[-2] - self.taps) // stride + 1
        last = stride * (count - 1) + 1
        return super().forward(torch.cat([rows[..., tap : tap + last : stride, :] for tap in range(self.taps)], dim=-1))


class Noise(nn.Module):
    """Multiplies each channel of a sample by (1 + strength)^N(0, 1), and divides by their root mean square.

    One draw serves all frames of a sample, so that a pair of adjacent frames keeps its difference.
    """

    def __init__(self, strength: float) -> None:
        super().__init__()
        self._strength = strength

    def forward(self, hidden: Tensor) -> Tensor:
        """(samples, ..., C) to the same shape; the identity outside of training."""
        if not self.training or self._strength <= 0:
            return hidden
        shape = (len(hidden), *(1,) * (hidden.ndim - 2), hidden.shape[-1])
        factors = (1 + self._strength) ** torch.randn(shape, device=hidden.device)
        factors = factors / factors.square().mean(dim=-1, keepdim=True).sqrt()
        return hidden * factors.to(hidden.dtype)


class KarrasNetwork(nn.Module):
    """Formant, articulation and output network.

    Args:
        config: sizes.
        poses: (frames, channels) training poses, whose principal components the last layer begins with.
        content_size: content features that each hop has besides.
    """

    def __init__(self, config: NetworkConfig, poses: FloatArray, content_size: int = 0) -> None:
        super().__init__()
        self.config = config
        widths, size = (1, *config.formant_widths), config.articulation_width + config.emotion_size
        self.formant = nn.ModuleList(
            Convolution(widths[i], widths[i + 1], taps) for i, taps in enumerate(KERNELS["formant"])
        )
        self.articulation = nn.ModuleList(
            Convolution(size if i else widths[-1] + content_size, config.articulation_width, taps)
            for i, taps in enumerate(KERNELS["articulation"])
        )
        mean, components = principal_components(torch.from_numpy(poses).float(), config.components)
        first, last = nn.Linear(size, len(components)), nn.Linear(*components.shape)
        self.output = nn.ModuleList((first, last))
        self.noise = Noise(config.noise)
        for layer in (*self.formant, *self.articulation, first):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")
            nn.init.zeros_(layer.bias)
        with torch.no_grad():
            last.weight.copy_(components.T)
            last.bias.copy_(mean)

    def formants(self, frames: Tensor, content: Tensor) -> Tensor:
        """The formant network, each frame alone, and what is heard besides.

        Args:
            frames: (samples, n, 32) autocorrelation.
            content: (samples, n, K) content features; K may be 0.

        Returns:
            (samples, n, C + K).
        """
        hidden = frames[..., None]
        for layer in self.formant:
            hidden = self.noise(relu(layer(hidden)))
        formants = hidden[:, :, 0]
        if not content.shape[2]:
            return formants
        return torch.cat([formants, self.noise(content).to(formants.dtype)], dim=2)

    def poses(self, windows: Tensor, emotions: Tensor, moments: int = 1) -> Tensor:
        """Articulation and output network.

        Args:
            windows: (n, 64, C + K) formant features around each moment.
            emotions: (n, E) the emotion vector there.
            moments: so many in a row are of one sample, and go without the same channels.

        Returns:
            (n, channels) float32 coefficients.
        """
        hidden = windows
        for number, layer in enumerate(self.articulation):
            hidden = relu(layer(hidden))
            if self.training and self.config.dropout > 0 and number < len(self.articulation) - 1:
                hidden = self._without_some(hidden, moments)
            beside = emotions[:, None].expand(-1, hidden.shape[1], -1)
            hidden = torch.cat([hidden, beside.to(hidden.dtype)], dim=2)
        # Half of the precision would be too coarse for the differences between adjacent moments.
        with torch.autocast(hidden.device.type, enabled=False):
            pose: Tensor = self.output[1](self.output[0](hidden[:, 0].float()))
        return pose

    def _without_some(self, hidden: Tensor, moments: int) -> Tensor:
        """(samples x moments, n, C) without some channels of each sample; the others make up for them."""
        kept = 1 - self.config.dropout
        mask = (torch.rand(len(hidden) // moments, hidden.shape[2], device=hidden.device) < kept) / kept
        return hidden * mask.repeat_interleave(moments, dim=0)[:, None].to(hidden.dtype)

    def forward(self, frames: Tensor, content: Tensor, emotions: Tensor, spacing: int) -> Tensor:
        """Poses at evenly spaced moments, which share the formant features of the frames between them.

        Args:
            frames: (samples, 64 + spacing (moments - 1), 32) autocorrelation.
            content: (samples, 64 + spacing (moments - 1), K) content features.
            emotions: (samples, moments, E).
            spacing: hops between moments.

        Returns:
            (samples, moments, channels).
        """
        windows = self.formants(frames, content).unfold(1, WINDOW, spacing).transpose(2, 3)
        poses = self.poses(windows.flatten(0, 1), emotions.flatten(0, 1), emotions.shape[1])
        return poses.view(*emotions.shape[:2], -1)


def relu(values: Tensor) -> Tensor:
    """The ReLU that keeps the variance."""
    return functional.relu(values) * float(SQRT2)


def principal_components(poses: Tensor, most: int) -> tuple[Tensor, Tensor]:
    """The mean pose (channels,), and at most so many components (n, channels), each as long as it varies."""
    mean = poses.mean(dim=0)
    _, sizes, components = torch.linalg.svd(poses - mean, full_matrices=False)
    lengths = sizes / max(len(poses), 1) ** 0.5
    return mean, (components * lengths[:, None])[:most]
