"""A trained residual network as the weights file that inference reads."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ...inference.checkpoints.safetensors_file import write_safetensors
from ...inference.models.laughtalk_compact import BASE, MODEL_ID
from ...inference.registry import NETWORKS, spec_metadata
from ..arrays import FloatArray
from .network import ResidualNetwork


def inference_arrays(network: ResidualNetwork) -> dict[str, FloatArray]:
    """Weights by name in the layout of inference: matrices are (in, out), convolutions (taps, in, out)."""
    arrays = {}
    for name, tensor in network.state_dict().items():
        array = tensor.cpu().numpy()
        arrays[f"input.{name}" if name in ("mean", "spread") else name] = array.transpose(range(array.ndim)[::-1])
    return {name: np.ascontiguousarray(array, np.float32) for name, array in arrays.items()}


def export(
    network: ResidualNetwork,
    contacts: Mapping[str, list[float]],
    encoders: str,
    path: Path,
    provenance: Mapping[str, str],
) -> None:
    """Write a network as half-precision safetensors.

    Args:
        network: trained.
        contacts: chances at which each contact begins to show, and shows fully.
        encoders: SHA-256 of the encoders that it hears by.
        path: of the weights file.
        provenance: short texts for the metadata.
    """
    arrays = {name: array.astype(np.float16) for name, array in inference_arrays(network).items()}
    metadata = {
        "licence": "GPL-3.0-or-later",
        "model": MODEL_ID,
        "architecture": "inference/models/laughtalk_compact.py",
        "config": json.dumps({"dilations": network.config.dilations, "contacts": contacts}),
        BASE: encoders,
        **spec_metadata(NETWORKS[MODEL_ID].spec),
    }
    write_safetensors(path, arrays, {**metadata, **provenance})
