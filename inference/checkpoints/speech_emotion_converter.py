"""Published networks that name the emotion of a voice: checked, and brought under our names.

They are folders with a ``pytorch_model.bin`` or ``model.safetensors``, a ``config.json`` that names the outputs, and a
``preprocessor_config.json``.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from ..contract import EmoTalkError, ModelSpec, Speech
from ..heard_emotions import emotions_of_labels
from ..models.speech_emotion import SpeechEmotion, SpeechEmotionConfig, weight_shapes
from .checkpoint_state import CheckpointState
from .conversion import Conversion
from .wav2vec2_converter import check_wav2vec2, convert_wav2vec2, published_shapes, read_wav2vec2_config

CONFIG: Final = "config.json"
PREPROCESSOR: Final = "preprocessor_config.json"

_LARGEST_FILE: Final = 4 * 1024**2
"""Bytes; the published ones have some kilobytes."""
_ENCODER: Final = "wav2vec2."
_OUTER: Final = ("classifier.output", "classifier.out_proj")
"""What the second layer of the dense head is called, in the two spellings that are in use."""
_KNOWN_UNUSED: Final = re.compile(r"(masked_spec_embed|num_batches_tracked)$")
_NOISE_SECONDS: Final = 0.5


def convert_speech_emotion(state: Mapping[str, Tensor], checkpoint: Path, spec: ModelSpec) -> Conversion:
    """The weights of such a checkpoint.

    Args:
        state: the tensors by name.
        checkpoint: its file; what belongs to it lies beside it.
        spec: of the network's row.

    Raises:
        EmoTalkError: they are not such a network's, not all of them, do not fit together, or nothing says which
            emotions it names.
    """
    used = CheckpointState(state, checkpoint.name, "wav2vec 2.0 emotion")
    options = _read(checkpoint.parent / CONFIG)
    config, heads = _config_of(used, options, _read(checkpoint.parent / PREPROCESSOR))
    if problem := config.problem():
        raise EmoTalkError(f"The network in {checkpoint.name} {problem}; choose another checkpoint")
    shapes, ours = published_shapes(config.encoder, used, _ENCODER), weight_shapes(config)
    names = {f"{mine}.{kind}": f"{theirs}.{kind}" for mine, theirs in heads.items() for kind in ("weight", "bias")}
    if config.layer_sum:
        names["layer_weights"] = "layer_weights"
    used.check(shapes | {theirs: ours[mine] for mine, theirs in names.items()})
    encoder = dict(convert_wav2vec2(used, _ENCODER))
    check_wav2vec2(encoder, config.encoder, checkpoint.name)
    weights = {f"wav2vec2.{name}": weight for name, weight in encoder.items()}
    weights |= {mine: used[theirs] for mine, theirs in names.items()}
    _test(weights, config, checkpoint.name)
    unknown = tuple(sorted(name for name in used if name not in used.read and not _KNOWN_UNUSED.search(name)))
    return Conversion({name: weight.numpy() for name, weight in weights.items()}, asdict(config), spec, unknown)


def _config_of(
    used: CheckpointState, options: Mapping[str, Any], preprocessor: Mapping[str, Any]
) -> tuple[SpeechEmotionConfig, dict[str, str]]:
    """Dimensions from shapes, what shapes do not tell from the files beside; and the published names of the head."""
    every_norm = f"{_ENCODER}feature_extractor.conv_layers.1.layer_norm.weight" in used
    is_pre_norm = options.get("do_stable_layer_norm", every_norm) is True
    encoder = read_wav2vec2_config(used, _ENCODER, "pre" if is_pre_norm else "post")
    outer = next((name for name in _OUTER if f"{name}.weight" in used), "classifier")
    is_dense = outer != "classifier"
    heads = {"head.inner": "classifier.dense" if is_dense else "projector", "head.outer": outer}
    width = used.shape(f"{heads['head.inner']}.weight", 2)[0]
    outputs = used.shape(f"{outer}.weight", 2)[0]
    config = SpeechEmotionConfig(
        labels=emotions_of_labels(_labels(options, outputs, used.source), used.source),
        encoder=encoder,
        head="dense" if is_dense else "projector",
        head_width=width,
        layer_sum="layer_weights" in used,
        normalised=preprocessor.get("do_normalize", True) is not False,
    )
    return config, heads


def _labels(options: Mapping[str, Any], outputs: int, source: str) -> tuple[str, ...]:
    """The published names of the outputs, in their order."""
    table = options.get("id2label")
    names = [table.get(str(number)) for number in range(outputs)] if isinstance(table, dict) else [None]
    if any(not isinstance(name, str) for name in names):
        raise EmoTalkError(
            f"Nothing says which {outputs} emotions the network in {source} names; put the {CONFIG} that it was "
            "published with, which lists them as id2label, beside it"
        )
    return tuple(map(str, names))


def _read(path: Path) -> dict[str, Any]:
    """A JSON object; empty where there is no file."""
    try:
        if not path.is_file():
            return {}
        if path.stat().st_size > _LARGEST_FILE:
            raise ValueError
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        raise EmoTalkError(f"{path} cannot be read; copy it again, or take it out of the folder") from None
    return content if isinstance(content, dict) else {}


def _test(weights: Mapping[str, Tensor], config: SpeechEmotionConfig, source: str) -> None:
    """Let the network hear a moment of noise: numbers that grow without end show up here."""
    noise = torch.randn(int(16_000 * _NOISE_SECONDS), generator=torch.Generator().manual_seed(0)).numpy()
    heard = SpeechEmotion(weights, config).hear(Speech(noise))
    if not torch.isfinite(torch.from_numpy(heard.weights)).all():
        raise EmoTalkError(f"The weights in {source} give no numbers; the file is damaged")
