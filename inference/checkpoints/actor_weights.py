"""An actor's style as a file: what it changes in its base network, which it names by SHA-256.

For a matrix of the base, ``NAME.left`` and ``NAME.right`` are two narrow ones whose product is added to it; every other
array takes the place of the base's array of its name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ..contract import EmoTalkError, ModelSpec
from .library import InstalledWeights, installed_weights, weights_hash
from .safetensors_file import read_safetensors

ACTOR: Final = "actor"
"""Key in the header: the actor's name."""
BASE: Final = "base_sha256"
"""Key in the header: SHA-256 of the base's weights file."""
LEFT: Final = ".left"
RIGHT: Final = ".right"


@dataclass(frozen=True)
class ActorWeights:
    """An actor's weights beside those of their base.

    Attributes:
        actor: the name of the style.
        base: file of the base's weights.
        base_spec: of the base.
        changes: the arrays of the file, float32.
    """

    actor: str
    base: Path
    base_spec: ModelSpec
    changes: dict[str, np.ndarray]


def read_actor(path: Path, base_model: str, spec: ModelSpec) -> ActorWeights:
    """Read an actor's weights and find their base among the installed weights.

    Args:
        path: of the file.
        base_model: the kind of network that the base must be, a name in ``registry.NETWORKS``.
        spec: of the file's header.

    Raises:
        EmoTalkError: the file is damaged, it names other styles than its base has, or its base is not installed.
    """
    changes, metadata = read_safetensors(path)
    actor, sha256 = metadata.get(ACTOR, ""), metadata.get(BASE, "")
    if not actor or len(sha256) != 64:
        raise EmoTalkError(f"{path.name} does not say whose style it is and on which weights; export it again")
    base = find_base(base_model, sha256)
    if base is None:
        raise EmoTalkError(
            f"{path.name} is {actor}'s style for weights that are not installed (SHA-256 {sha256[:12]}...); "
            "import those weights, or train the style again on the ones you have"
        )
    if spec.styles != (actor, *base.spec.styles):
        raise EmoTalkError(f"{path.name} names other styles than its base has; export it again")
    return ActorWeights(
        actor, base.path, base.spec, {name: array.astype(np.float32) for name, array in changes.items()}
    )


def find_base(kind: str, sha256: str) -> InstalledWeights | None:
    """The installed weights of a kind of network with this hash of their file; None if there are none."""
    for weights in installed_weights():
        if weights.network == kind and not weights.damage and weights_hash(weights).split()[0] == sha256:
            return weights
    return None


def merge(arrays: Mapping[str, np.ndarray], changes: Mapping[str, np.ndarray], source: str) -> dict[str, np.ndarray]:
    """The arrays of a base with an actor's changes.

    Args:
        arrays: of the base.
        changes: of the actor.
        source: name of the actor's file, for messages.

    Raises:
        EmoTalkError: they do not fit each other.
    """
    merged = dict(arrays)
    for name, change in changes.items():
        if name.endswith(LEFT):
            continue
        if not name.endswith(RIGHT):
            merged[name] = change
            continue
        matrix = name.removesuffix(RIGHT)
        left = changes.get(matrix + LEFT)
        try:
            if left is None or change.ndim != 2:
                raise ValueError
            merged[matrix] = arrays[matrix].astype(np.float32) + (left @ change).reshape(arrays[matrix].shape)
        except (KeyError, ValueError):
            raise EmoTalkError(f"{source} does not fit its base at {matrix}; export it again") from None
    return merged
