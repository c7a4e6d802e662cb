"""What training minimises."""

from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ...face import arkit
from ...face.basis import ARKIT
from .batches import Batch
from .network import CompactNetwork, PhoneHead

_LIP_WEIGHT: Final = 3.0
_JAW_WEIGHT: Final = 6.0
_CONTACT_WEIGHT: Final = 2.0
"""Weight of positive frames of both contacts: a missed contact is worse than a false one."""


CHANNEL_WEIGHTS: Final = torch.from_numpy(
    arkit.row({**dict.fromkeys(arkit.REGIONS["lips"], _LIP_WEIGHT), "jawOpen": _JAW_WEIGHT}, default=1.0)
)
APERTURE_WEIGHTS: Final = torch.from_numpy(ARKIT.lip_weights.astype(np.float32))
_SIGNAL_WEIGHTS: Final = torch.tensor([_CONTACT_WEIGHT, _CONTACT_WEIGHT, 1.0, 1.0])


def losses(
    network: CompactNetwork, head: PhoneHead, batch: Batch, times: Tensor, mixed_precision: bool
) -> dict[str, Tensor]:
    """The terms of the loss of one batch; the recipe weighs them.

    Args:
        network: in training mode.
        head: in training mode.
        batch: from ``batches.draw_batch``.
        times: (120,) seconds of the crop's frames.
        mixed_precision: run the encoders in bfloat16.
    """
    device = batch.mel.device
    with torch.autocast(device.type, torch.bfloat16, enabled=mixed_precision):
        dense_content = network.content(batch.mel).float()
        dense_emotion = network.emotion(batch.prosody_input).float()
    size = network.config.content_size
    content, signals, emotion = network.interpolate(dense_content, dense_emotion, times)
    values = network.decode(content, signals, emotion, batch.emotions, batch.styles, batch.levels)
    error = values - batch.values
    speed = torch.diff(error, dim=1)
    weights = CHANNEL_WEIGHTS.to(device)
    aperture = error @ APERTURE_WEIGHTS.to(device)
    signal_loss = functional.binary_cross_entropy_with_logits(
        signals, batch.signals, pos_weight=_SIGNAL_WEIGHTS.to(device), reduction="none"
    ).mean(dim=(0, 1))
    phones = head.phone_logits(dense_content[..., :size])
    return {
        "values": (error**2 * weights).mean(),
        "speed": (speed**2 * weights).mean(),
        "aperture": (aperture**2).mean(),
        "bilabial": signal_loss[0],
        "labiodental": signal_loss[1],
        "speech": signal_loss[2],
        "laughter": signal_loss[3],
        "phones": functional.cross_entropy(phones.transpose(1, 2), batch.phones, label_smoothing=0.05),
        "prosody": functional.mse_loss(head.prosody(dense_emotion), batch.prosody),
    }
