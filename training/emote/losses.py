"""What the trainings of FLINT and EMOTE minimise. Vertices are in metres, their losses in square millimetres."""

from torch import Tensor

SQUARE_MM = 1e6
"""Of a square metre: FLINT's weight of the vertices in the released training."""


def vertex_loss(vertices: Tensor, wanted: Tensor, valid: Tensor) -> Tensor:
    """The mean squared error of the coordinates of the vertices.

    Args:
        vertices: (B, T, V, 3).
        wanted: the captured ones.
        valid: (B, T) 1 where there are captured ones, else 0.

    Returns:
        (B,) the mean over the valid frames of each item.
    """
    return frame_mean(SQUARE_MM * (vertices - wanted).square().mean(dim=(2, 3)), valid)


def frame_mean(values: Tensor, valid: Tensor) -> Tensor:
    """(B,) means of (B, T) over the valid frames."""
    return (values * valid).sum(dim=1) / valid.sum(dim=1).clamp(min=1)


def divergence(mean: Tensor, logvar: Tensor) -> Tensor:
    """The Kullback-Leibler divergence of normal distributions from the standard one (Kingma and Welling, 2014).

    Args:
        mean: (B, K, D).
        logvar: (B, K, D) logarithms of the variances.

    Returns:
        The mean over latents of the sum over D.
    """
    return 0.5 * (mean.square() + logvar.exp() - 1 - logvar).sum(dim=2).mean()
