"""Frozen weights of EmoTalk Compact that hear the takes for Karras et al. 2017."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...inference.checkpoints.library import find_weights, weights_hash
from ...inference.contract import EmoTalkError
from ...inference.models.compact import EmoTalkCompact
from ...inference.models.karras_content import BASE_MODEL, ContentListener
from ..captures.take import Take


@dataclass(frozen=True)
class Listening:
    """What hears, and the SHA-256 of its weights, which the exported file names."""

    listener: ContentListener
    sha256: str


def listen_to(takes: Sequence[Take], model_id: str) -> Listening:
    """Content features that are standardised over some takes.

    Raises:
        EmoTalkError: the weights are not installed, or not of EmoTalk Compact.
    """
    weights = find_weights(model_id)
    if weights.network != BASE_MODEL:
        raise EmoTalkError(f"The recipe's content is {model_id}, which is not EmoTalk Compact; choose another model")
    model = EmoTalkCompact.load(weights.path, weights.spec)
    content = np.concatenate([model.encode(take.speech).arrays["content"] for take in takes])
    spread = content.std(axis=0) + np.float32(1e-3)
    return Listening(ContentListener(model, content.mean(axis=0), spread), weights_hash(weights).split()[0])
