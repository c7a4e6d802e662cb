"""A trained network as the weights file that inference reads."""

import json
from pathlib import Path

import numpy as np
import torch
from torch import nn

from ...inference.checkpoints.safetensors_file import read_safetensors, write_safetensors
from ...inference.contract import EmoTalkError
from ...inference.models.compact import MODEL_ID, SIGNALS
from ...inference.registry import COMPACT_SPEC, spec_metadata
from ..arrays import FloatArray
from .network import CompactNetwork, NetworkConfig, TimeConvolution


def inference_arrays(network: CompactNetwork) -> dict[str, FloatArray]:
    """Weights by name in the layout of inference: matrices are (in, out), convolutions (taps, in, out)."""
    arrays = {name: tensor.cpu().numpy() for name, tensor in network.state_dict().items()}
    for name, taps in _matrices(network).items():
        matrix = arrays[name].T
        arrays[name] = matrix.reshape(taps, -1, matrix.shape[1]) if taps > 1 else matrix
    return {name: np.ascontiguousarray(array) for name, array in arrays.items()}


def load_inference_arrays(network: CompactNetwork, arrays: dict[str, FloatArray]) -> None:
    """Load exported weights into a network: the inverse of ``inference_arrays``."""
    matrices = _matrices(network)
    state = {}
    for name, array in arrays.items():
        array = array.reshape(-1, array.shape[-1]).T if name in matrices else array
        state[name] = torch.from_numpy(np.ascontiguousarray(array, np.float32))
    network.load_state_dict(state)


def read_network(path: Path) -> tuple[CompactNetwork, dict[str, list[float]]]:
    """The network of exported weights, and the thresholds of its signals. Raises EmoTalkError if it is another one's.

    Without its auxiliary head; dropout is off.
    """
    arrays, metadata = read_safetensors(path)
    if metadata.get("model") != MODEL_ID:
        raise EmoTalkError(f"The weights in {path.name} are not EmoTalk Compact's; choose another file")
    sizes = json.loads(metadata["config"])
    config = NetworkConfig(
        content_width=len(arrays["content.stem.bias"]),
        content_dilations=tuple(sizes["content_dilations"]),
        content_size=len(arrays["content.out.bias"]) - len(SIGNALS),
        emotion_width=len(arrays["emotion.stem.bias"]),
        emotion_dilations=tuple(sizes["emotion_dilations"]),
        emotion_size=len(arrays["emotion.out.bias"]),
        decoder_width=len(arrays["fusion.bias"]),
        heads=sizes["heads"],
        self_reach=sizes["self_reach"],
        guided_reach=sizes["guided_reach"],
        style_size=arrays["style.weight"].shape[1],
        level_size=arrays["level.weight"].shape[1],
        dropout=0.0,
    )
    network = CompactNetwork(config)
    load_inference_arrays(network, arrays)
    return network.requires_grad_(False).eval(), sizes["decide"]


def _matrices(network: CompactNetwork) -> dict[str, int]:
    """Names of the weight matrices, and the number of taps of each (1 for a linear layer)."""
    return {
        f"{name}.weight": module.taps if isinstance(module, TimeConvolution) else 1
        for name, module in network.named_modules()
        if isinstance(module, nn.Linear)
    }


def inference_config(network: CompactNetwork, decide: dict[str, list[float]]) -> dict[str, object]:
    """What inference must know besides the weights."""
    return {**network.config.for_inference(), "decide": decide}


def export(network: CompactNetwork, decide: dict[str, list[float]], path: Path, provenance: dict[str, str]) -> None:
    """Write a network as half-precision safetensors.

    Args:
        network: trained.
        decide: thresholds of the signals.
        path: of the weights file.
        provenance: short texts for the metadata: the training data and the number of steps.
    """
    arrays = {name: array.astype(np.float16) for name, array in inference_arrays(network).items()}
    metadata = {
        "model": MODEL_ID,
        "architecture": "inference/models/compact.py",
        "config": json.dumps(inference_config(network, decide)),
        **spec_metadata(COMPACT_SPEC),
        "licence": "GPL-3.0-or-later",
    }
    write_safetensors(path, arrays, {**metadata, **provenance})
