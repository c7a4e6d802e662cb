"""A trained network as the weights file that inference reads."""

import json
from pathlib import Path

import numpy as np

from ...inference.checkpoints.actor_weights import BASE
from ...inference.checkpoints.safetensors_file import write_safetensors
from ...inference.contract import ModelSpec
from ...inference.models.karras import MODEL_ID
from ...inference.registry import spec_metadata
from ..arrays import FloatArray
from .listening import Listening
from .mining import Preset
from .network import Convolution, KarrasNetwork


def inference_arrays(network: KarrasNetwork, neutral: FloatArray, presets: list[Preset]) -> dict[str, FloatArray]:
    """Weights by name in the layout of inference: matrices are (in, out), convolutions (taps, in, out).

    Args:
        network: trained.
        neutral: (E,) the emotion vector of no emotion.
        presets: the mined emotions; ``emotion.poses`` shows them.
    """
    arrays = {name: np.asarray(tensor.cpu().numpy().T, np.float32) for name, tensor in network.state_dict().items()}
    for name, module in network.named_modules():
        if isinstance(module, Convolution):
            matrix = arrays[f"{name}.weight"]
            arrays[f"{name}.weight"] = matrix.reshape(module.taps, -1, matrix.shape[1])
    channels, size = len(arrays["output.1.bias"]), len(neutral)
    arrays["emotion.neutral"] = neutral
    arrays["emotion.presets"] = np.array([preset.vector for preset in presets], np.float32).reshape(-1, size)
    arrays["emotion.poses"] = np.array([preset.pose for preset in presets], np.float32).reshape(-1, channels)
    return {name: np.ascontiguousarray(array) for name, array in arrays.items()}


def export(
    network: KarrasNetwork,
    neutral: FloatArray,
    presets: list[Preset],
    spec: ModelSpec,
    path: Path,
    listening: Listening | None,
    provenance: dict[str, str],
) -> None:
    """Write a network as half-precision safetensors.

    Args:
        network: trained.
        neutral: (E,) the emotion vector of no emotion.
        presets: the mined emotions.
        spec: the basis, the rate, and the presets' names.
        path: of the weights file.
        listening: what gave content features in training, if anything.
        provenance: short texts for the metadata.
    """
    arrays: dict[str, FloatArray] = {
        name: array.astype(np.float16) for name, array in inference_arrays(network, neutral, presets).items()
    }
    if listening:
        arrays |= {"content.mean": listening.listener.mean, "content.spread": listening.listener.spread}
    metadata = {
        "model": MODEL_ID,
        "architecture": "inference/models/karras.py",
        "config": json.dumps({"compression": network.config.compression}),
        **spec_metadata(spec),
        **({BASE: listening.sha256} if listening else {}),
    }
    write_safetensors(path, arrays, {**metadata, **provenance})
