"""An actor's style as the weights file that inference reads."""

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ...inference.checkpoints.actor_weights import ACTOR, BASE
from ...inference.checkpoints.library import InstalledWeights, weights_hash
from ...inference.checkpoints.safetensors_file import write_safetensors
from ...inference.contract import ModelSpec
from ...inference.registry import LONGEST_NAME, spec_metadata
from ..arrays import FloatArray
from ..evaluation.takes import TAKES


def style_name(actor: str, styles: Iterable[str]) -> str:
    """The actor's name as a style: printable, not too long, and none of the base's."""
    name = "".join(letter for letter in actor if letter.isprintable()).strip()[:LONGEST_NAME] or "Actor"
    taken = {style.casefold() for style in styles}
    return name if name.casefold() not in taken else f"{name[: LONGEST_NAME - 8]} (actor)"


def export(
    changes: dict[str, FloatArray],
    kind: str,
    actor: str,
    base: InstalledWeights,
    takes: Iterable[str],
    path: Path,
    provenance: dict[str, str],
) -> None:
    """Write an actor's changes in half precision.

    Args:
        changes: by the names of the file.
        kind: of the actor's weights, a name in ``registry.NETWORKS``.
        actor: the name of the style.
        base: what they change.
        takes: names of those that were trained on.
        path: of the weights file.
        provenance: short texts for the header.
    """
    spec: ModelSpec = base.spec
    names = list(takes)
    metadata = {
        "model": kind,
        ACTOR: actor,
        "base": base.model_id,
        BASE: weights_hash(base).split()[0],
        **spec_metadata(spec.with_styles((actor, *spec.styles))),
        "licence": f"of the takes, and of the base: {base.licence}" if base.licence else "of the takes",
        "notice": base.notice,
        TAKES: json.dumps(names),
        "trained_on": f"{len(names)} takes",
    }
    write_safetensors(path, {name: array.astype(np.float16) for name, array in changes.items()}, metadata | provenance)
