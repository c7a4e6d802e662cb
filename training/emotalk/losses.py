"""The four losses of the paper (section 3.4), as means of squares."""

import torch
from torch import Tensor
from torch.nn import functional

from .batches import Batch
from .network import EmoTalkNetwork


def losses(network: EmoTalkNetwork, batch: Batch) -> dict[str, Tensor]:
    """The terms of the loss of one batch, each a mean over the items; the recipe weighs them.

    Cross-reconstruction: the content of one take with the emotion of another against the capture of both; both
    directions of a pair are drawn as items of their own. Self-reconstruction: content and emotion of one take against
    its own capture. Velocity: change from frame to frame of both. Classification: the emotions of both sounds.
    """
    frames = batch.own.shape[1]
    content, own_emotion = network.hear(batch.content, frames)
    _, other_emotion = network.hear(batch.emotion, frames)
    styles = batch.paired.new_ones(len(batch.paired), 1)
    error = network.decode(content, own_emotion, batch.levels[:, 0], styles) - batch.own
    paired = batch.paired[:, None, None]
    crossed = paired * (network.decode(content, other_emotion, batch.levels[:, 1], styles) - batch.crossed)
    told = [network.logits(own_emotion), network.logits(other_emotion)]
    return {
        "cross": (crossed**2).mean(),
        "self": (error**2).mean(),
        "velocity": (error.diff(dim=1) ** 2).mean() + (crossed.diff(dim=1) ** 2).mean(),
        "classification": torch.stack(
            [functional.cross_entropy(logits, batch.classes[:, i]) for i, logits in enumerate(told)]
        ).mean(),
    }
