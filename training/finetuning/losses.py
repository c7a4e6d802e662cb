"""What an actor's style is trained for: her captures where they move, the base model everywhere else."""

from typing import Final

import numpy as np
import torch
from torch import Tensor

from ...face.basis import ARKIT
from .batches import Batch

_APERTURE: Final = torch.from_numpy(ARKIT.lip_weights.astype(np.float32))


def losses(values: Tensor, batch: Batch) -> dict[str, Tensor]:
    """The terms of the loss, each a mean over the items; the recipe weighs them.

    Args:
        values: (batch, frames, 52) of the network.
        batch: from ``batches.draw_batch``.
    """
    error = values - batch["values"]
    motion = error.diff(dim=1)
    opening = (error @ _APERTURE.to(error.device)).abs().mean(dim=1)
    captured, held = batch["captured"], batch["captured"][:, 1:] * batch["captured"][:, :-1]
    kept = (error.abs() * (1 - captured)).mean() + (motion.abs() * (1 - held)).mean()
    return {
        "values": (error.abs() * captured).mean(),
        "speed": (motion.abs() * held).mean(),
        "aperture": (opening * batch["own"]).mean(),
        "kept": kept + (opening * (1 - batch["own"])).mean(),
    }
