"""EmoTalk Compact with an actor's style: the base's weights and those merged with the actor's, as one model."""

from pathlib import Path
from typing import Final

from ..checkpoints.actor_weights import ActorWeights, merge, read_actor
from ..checkpoints.safetensors_file import read_safetensors
from ..contract import EmoTalkError, ModelSpec
from .actor import ActorModel
from .compact import MODEL_ID, EmoTalkCompact, read_config

_ENCODERS: Final = ("content.", "emotion.")
"""Beginnings of the names of weights that ``encode`` depends on, which is the same for all styles."""


def load(path: Path, spec: ModelSpec) -> ActorModel:
    """The model of an actor's weights file. Raises EmoTalkError if it is damaged, or its base is not installed."""
    weights = read_actor(path, MODEL_ID, spec)
    return with_actor(EmoTalkCompact.load(weights.base, weights.base_spec), weights, path.name)


def with_actor(base: EmoTalkCompact, weights: ActorWeights, source: str) -> ActorModel:
    """A base with an actor's style.

    Args:
        base: the model of ``weights.base``.
        weights: of the actor.
        source: name of their file, for messages.

    Raises:
        EmoTalkError: they do not fit the base.
    """
    arrays, metadata = read_safetensors(weights.base)
    if any(name.startswith(_ENCODERS) for name in weights.changes):
        raise EmoTalkError(f"{source} changes the encoders of its base, which all styles share; export it again")
    merged = merge(arrays, weights.changes, source)
    spec = weights.base_spec.with_styles((weights.actor,))
    return ActorModel(base, EmoTalkCompact(merged, read_config(metadata, weights.base), spec))
