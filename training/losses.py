"""What training minimises."""

from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from ..face import arkit
from .batches import Batch
from .network import CompactNetwork, PhoneHead

_LIP_WEIGHT: Final = 3.0
_JAW_WEIGHT: Final = 6.0
_PRESS_WEIGHT: Final = 2.0
"""A closure missed is worse than one too many: a positive counts this much."""


def _channel_weights() -> Tensor:
    weights = torch.ones(len(arkit.CHANNELS))
    weights[arkit.indices(arkit.REGIONS["lips"])] = _LIP_WEIGHT
    weights[arkit.INDEX["jawOpen"]] = _JAW_WEIGHT
    return weights


def _aperture_weights() -> Tensor:
    """How much each coefficient parts the lips, in units of jawOpen."""
    weights = torch.zeros(len(arkit.CHANNELS))
    for stem, share in (("jawOpen", 1.0), ("mouthLowerDown", 0.3), ("mouthUpperUp", 0.25), ("mouthFunnel", 0.25)):
        columns = arkit.indices(arkit.sides(stem))
        weights[columns] = share / len(columns)
    return weights


_CHANNEL_WEIGHTS: Final = _channel_weights()
_APERTURE_WEIGHTS: Final = _aperture_weights()
_SIGNAL_WEIGHTS: Final = torch.tensor([_PRESS_WEIGHT, _PRESS_WEIGHT, 1.0, 1.0])


def losses(
    network: CompactNetwork, head: PhoneHead, batch: Batch, times: Tensor, low_precision: bool
) -> dict[str, Tensor]:
    """Each part of the loss of one batch, already weighed; their sum is what is minimised.

    Args:
        network: in training mode.
        head: the same.
        batch: from ``batches.draw_batch``.
        times: (120,) seconds of the crop's frames.
        low_precision: run the encoders in bfloat16.
    """
    with torch.autocast("cpu", torch.bfloat16, enabled=low_precision):
        dense = network.content(batch.mel).float()
        felt = network.emotion(batch.prosody_input).float()
    size = network.config.content_size
    content, signals, emotion = network.read_off(dense, felt, times)
    values = network.decode(content, signals, emotion, batch.emotions, batch.styles, batch.levels)
    error = values - batch.values
    speed = torch.diff(error, dim=1)
    aperture = error @ _APERTURE_WEIGHTS
    signal_loss = functional.binary_cross_entropy_with_logits(
        signals, batch.signals, pos_weight=_SIGNAL_WEIGHTS, reduction="none"
    ).mean(dim=(0, 1))
    phones = head.tell_phones(dense[..., :size])
    return {
        "values": 30 * (error**2 * _CHANNEL_WEIGHTS).mean(),
        "speed": 30 * (speed**2 * _CHANNEL_WEIGHTS).mean(),
        "aperture": 30 * (aperture**2).mean(),
        "press": 2 * signal_loss[0],
        "touch": 1.5 * signal_loss[1],
        "speaking": 0.3 * signal_loss[2],
        "laughing": 0.5 * signal_loss[3],
        "phones": 0.8 * functional.cross_entropy(phones.transpose(1, 2), batch.phones, label_smoothing=0.05),
        "prosody": 0.1 * functional.mse_loss(head.prosody(felt), batch.prosody),
    }
