"""Trained networks as the weights files that inference reads, and FLINT's as EMOTE's training reads it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

from ...face.basis import FLAME
from ...face.flame.model import FlameModel
from ...inference.checkpoints.safetensors_file import read_safetensors, write_safetensors
from ...inference.contract import EmoTalkError, ModelSpec
from ...inference.models import emote, flint
from ...inference.models.configuration import config_in
from ...inference.models.layers import check_arrays
from ...inference.registry import EMOTE_SPEC, FLINT_SPEC, spec_metadata
from ..arrays import FloatArray
from .flame_vertices import template_hash


def export_flint(
    path: Path,
    arrays: Mapping[str, FloatArray],
    config: flint.FlintConfig,
    model: FlameModel,
    provenance: Mapping[str, str],
) -> None:
    """Write FLINT as float32 safetensors.

    Args:
        path: of the weights file.
        arrays: by the names of inference.
        config: their dimensions.
        model: FLAME, whose mean head is noted by its hash.
        provenance: short texts for the header.
    """
    spec = replace(FLINT_SPEC, basis=FLAME(config.expressions))
    _write(path, flint.MODEL_ID, arrays, asdict(config), spec, template_hash(model) | dict(provenance))


def export_emote(
    path: Path,
    arrays: Mapping[str, FloatArray],
    config: emote.EmoteConfig,
    actors: tuple[str, ...],
    model: FlameModel,
    provenance: Mapping[str, str],
) -> None:
    """Write EMOTE as float32 safetensors; ``actors`` become its personal styles. See ``export_flint``."""
    spec = replace(EMOTE_SPEC, basis=FLAME(config.prior.expressions), styles=actors)
    _write(path, emote.MODEL_ID, arrays, asdict(config), spec, template_hash(model) | dict(provenance))


def read_prior(path: str, expressions: int, model: FlameModel) -> tuple[flint.FlintConfig, dict[str, FloatArray]]:
    """FLINT's dimensions, and the arrays of its decoder without their prefix.

    Args:
        path: of FLINT's weights, as the recipe says it.
        expressions: of the takes.
        model: FLAME.

    Raises:
        EmoTalkError: no file is named, it is not FLINT's, or it was trained for other takes or another FLAME.
    """
    if not path:
        raise EmoTalkError("EMOTE needs FLINT: train --preset flint first, and name its weights with --set prior=FILE")
    name = Path(path).name
    arrays, metadata = read_safetensors(path)
    if metadata.get("model") != flint.MODEL_ID:
        raise EmoTalkError(f"The weights in {name} are not FLINT's; name those that the preset flint exports")
    config = config_in(flint.FlintConfig.from_json, metadata, name, "train FLINT again")
    check_arrays(arrays, flint.weight_shapes(config), name)
    if config.expressions != expressions:
        raise EmoTalkError(f"{name} has {config.expressions} expressions, the takes {expressions}; train FLINT on them")
    mine = template_hash(model)
    if any(metadata.get(key, value) != value for key, value in mine.items()):
        raise EmoTalkError(f"{name} was trained with another release of FLAME; name the same FLAME file for both")
    start = "motion_decoder."
    return config, {key.removeprefix(start): array for key, array in arrays.items() if key.startswith(start)}


def _write(
    path: Path,
    model: str,
    arrays: Mapping[str, FloatArray],
    config: dict[str, object],
    spec: ModelSpec,
    notes: dict[str, str],
) -> None:
    header = {"model": model, "architecture": f"inference/models/{model}.py", "config": json.dumps(config)}
    write_safetensors(path, dict(arrays), {**header, **spec_metadata(spec), **notes})
