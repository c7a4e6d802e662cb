"""EmoTalk with an actor's style: the decoder of the base's weights, and that of those merged with the actor's."""

from pathlib import Path
from typing import Final

import numpy as np
import torch

from ..checkpoints.actor_weights import ActorWeights, merge, read_actor
from ..checkpoints.earlier_names import with_todays_names
from ..checkpoints.safetensors_file import read_safetensors
from ..contract import EmoTalkError, ModelSpec
from .actor import ActorModel
from .emotalk import MODEL_ID, EmoTalk
from .matrix_products import Precision

ADAPTED: Final = (
    "decoder.self_attention.out_proj",
    "decoder.feed_forward.intermediate_dense",
    "decoder.feed_forward.output_dense",
    "blendshapes",
)
"""Layers that an actor's weights may change: everything before them is kept with the line, for all styles alike."""
STYLE: Final = "style.weight"


def load(
    path: Path, spec: ModelSpec, device: str = "cpu", precision: Precision = "float32", windowed: bool = False
) -> ActorModel:
    """The model of an actor's weights file. Raises EmoTalkError if it is damaged, or its base is not installed."""
    weights = read_actor(path, MODEL_ID, spec)
    base = EmoTalk.load(weights.base, weights.base_spec, device, precision, windowed)
    return with_actor(base, weights, path.name)


def with_actor(base: EmoTalk, weights: ActorWeights, source: str) -> ActorModel:
    """A base with an actor's style.

    Args:
        base: the model of ``weights.base``.
        weights: of the actor.
        source: name of their file, for messages.

    Raises:
        EmoTalkError: they do not fit the base.
    """
    for name, change in weights.changes.items():
        fits = name.rpartition(".weight.")[0] in ADAPTED
        if name == STYLE:
            fits = change.shape == (base.config.condition, 1)
        if not fits:
            raise EmoTalkError(f"{source} does not fit its base at {name}; export it again")
    arrays = with_todays_names(read_safetensors(weights.base, mapped=True)[0])
    merged = merge(arrays, weights.changes, source)
    tensors = {name: torch.from_numpy(np.asarray(array)) for name, array in merged.items()}
    return ActorModel(base, base.with_decoder(tensors, weights.base_spec.with_styles((weights.actor,))))
