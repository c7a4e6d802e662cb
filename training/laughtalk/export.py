"""LaughTalk's weights files: writing those of either stage, and reading the talk that the second stage keeps."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

from ...face.basis import Basis
from ...face.flame.model import FlameModel
from ...inference.checkpoints.safetensors_file import read_safetensors, write_safetensors
from ...inference.contract import EmoTalkError, Speech
from ...inference.models.configuration import config_in
from ...inference.models.laughtalk import MODEL_ID, TALK_ID, LaughTalk, LaughTalkConfig, weight_shapes
from ...inference.models.layers import check_arrays
from ...inference.registry import NETWORKS, read_spec, spec_metadata
from ..arrays import FloatArray
from ..captures.take import Take
from ..emote.flame_vertices import template_hash
from ..evaluation.takes import TAKES


@dataclass(frozen=True)
class Talk:
    """The trained first stage.

    Attributes:
        arrays: by the names of inference.
        config: their dimensions.
        model: that performs with them.
    """

    arrays: dict[str, FloatArray]
    config: LaughTalkConfig
    model: LaughTalk

    def track(self, speech: Speech) -> FloatArray:
        """(T, C) what it performs, as the second stage adds to it."""
        return self.model.encode(speech).arrays["talk"]


def export_weights(
    path: Path,
    arrays: Mapping[str, FloatArray],
    config: LaughTalkConfig,
    basis: Basis,
    fps: float,
    flame: FlameModel | None,
    takes: Sequence[Take],
    provenance: Mapping[str, str],
) -> None:
    """Write LaughTalk as float32 safetensors, as the network that it is: with a residual, or the talk alone.

    Args:
        path: of the weights file.
        arrays: by the names of inference.
        config: their dimensions.
        basis: of the motion.
        fps: of the motion.
        flame: whose mean head is noted by its hash, where the basis is FLAME's.
        takes: that were trained on.
        provenance: short texts for the header.
    """
    name = MODEL_ID if config.laugh_encoder else TALK_ID
    spec = replace(NETWORKS[name].spec, basis=basis, fps=fps)
    header = {
        "model": name,
        "architecture": "inference/models/laughtalk.py",
        "config": json.dumps(asdict(config)),
        "trained_on": f"{len(takes)} takes",
        TAKES: json.dumps([take.name for take in takes]),
    }
    write_safetensors(path, dict(arrays), {**header, **spec_metadata(spec), **_template(flame), **provenance})


def read_talk(path: str, basis: Basis, flame: FlameModel | None) -> Talk:
    """The talk that the recipe of the second stage names; of weights with a residual, the talk alone.

    Args:
        path: of the weights file.
        basis: of the takes.
        flame: of the takes, where their basis is FLAME's.

    Raises:
        EmoTalkError: no file is named, it is not LaughTalk's, or it was trained for other takes or another FLAME.
    """
    if not path:
        raise EmoTalkError(
            "The residual is learnt beside the talk: train --preset laughtalk-talk first, and name its weights with "
            "--set talk=FILE"
        )
    name = Path(path).name
    arrays, metadata = read_safetensors(path)
    if metadata.get("model") not in (MODEL_ID, TALK_ID):
        raise EmoTalkError(f"The weights in {name} are not LaughTalk's; name those that laughtalk-talk exports")
    config = config_in(LaughTalkConfig.from_json, metadata, name, "train laughtalk-talk again")
    check_arrays(arrays, weight_shapes(config), name)
    spec = read_spec(NETWORKS[TALK_ID], metadata)
    if spec.basis is not basis:
        raise EmoTalkError(f"{name} performs {spec.basis.name}, and the takes are {basis.name}; train the talk on them")
    if any(metadata.get(key, value) != value for key, value in _template(flame).items()):
        raise EmoTalkError(f"{name} was trained with another release of FLAME; name the same FLAME file for both")
    config = replace(config, laugh_encoder=None)
    talking = {key: array for key, array in arrays.items() if key in weight_shapes(config)}
    weights = {key: torch.from_numpy(array) for key, array in talking.items()}
    return Talk(talking, config, LaughTalk(weights, config, spec))


def _template(flame: FlameModel | None) -> dict[str, str]:
    return {} if flame is None else template_hash(flame)
