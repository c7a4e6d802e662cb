"""A trained network as the weights file that the NumPy runtime reads."""

import json
from pathlib import Path

import numpy as np
import torch
from torch import nn

from ..inference.models.compact import MODEL_ID
from ..inference.weights import write_safetensors
from .network import CompactNetwork


def runtime_arrays(network: CompactNetwork) -> dict[str, np.ndarray]:
    """Weights by name in the runtime's layout: what a matrix multiplies comes first, what it gives last."""
    arrays = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    for name, is_pointwise in _matrices(network).items():
        array = arrays[name][:, :, 0] if is_pointwise else arrays[name]
        arrays[name] = array.transpose()
    return {name: np.ascontiguousarray(array) for name, array in arrays.items()}


def load_runtime_arrays(network: CompactNetwork, arrays: dict[str, np.ndarray]) -> None:
    """The inverse of ``runtime_arrays``, for going on from exported weights."""
    matrices = _matrices(network)
    state = {}
    for name, array in arrays.items():
        array = array.transpose() if name in matrices else array
        array = array[:, :, None] if matrices.get(name) else array
        state[name] = torch.from_numpy(np.ascontiguousarray(array, np.float32))
    network.load_state_dict(state)


def _matrices(network: CompactNetwork) -> dict[str, bool]:
    """Names of the weights that multiply, and whether each is a convolution of one tap."""
    return {
        f"{name}.weight": isinstance(module, nn.Conv1d) and module.kernel_size == (1,)
        for name, module in network.named_modules()
        if isinstance(module, nn.Conv1d | nn.Linear)
    }


def runtime_config(network: CompactNetwork, decide: dict[str, list[float]]) -> dict:
    """What the runtime must know besides the weights."""
    return {**network.config.for_runtime(), "decide": decide}


def export(network: CompactNetwork, decide: dict[str, list[float]], path: Path, provenance: dict[str, str]) -> None:
    """Write a network as half-precision safetensors.

    Args:
        network: trained.
        decide: thresholds of the contacts.
        path: of the weights file.
        provenance: short texts for the metadata: licence, data, recipe.
    """
    arrays = {name: array.astype(np.float16) for name, array in runtime_arrays(network).items()}
    config = json.dumps(runtime_config(network, decide))
    write_safetensors(path, arrays, {"model": MODEL_ID, "config": config, **provenance})


def restore(checkpoint: Path, network: CompactNetwork) -> int:
    """Load the averaged weights of a checkpoint of ``train``; returns its step."""
    state = torch.load(checkpoint, weights_only=True)
    network.load_state_dict(state["average"])
    return int(state["step"])
