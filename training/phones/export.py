"""Trained phones as the weights file that inference reads."""

from pathlib import Path

import numpy as np
from torch import nn

from ...inference.checkpoints.safetensors_file import write_safetensors
from ...inference.models.compact_phones import BASE, MODEL_ID
from ..arrays import FloatArray
from ..compact.network import TimeConvolution
from .network import PhonesNetwork


def inference_arrays(network: PhonesNetwork) -> dict[str, FloatArray]:
    """Weights by name in the layout of inference: matrices are (in, out), convolutions (taps, in, out)."""
    arrays = {}
    for part in ("head", "articulator"):
        for name, module in getattr(network, part).named_modules():
            if isinstance(module, nn.Linear):
                matrix = module.weight.detach().cpu().numpy().T
                if isinstance(module, TimeConvolution):
                    matrix = matrix.reshape(module.taps, -1, matrix.shape[1])
                arrays[f"{part}.{name}.weight"] = np.ascontiguousarray(matrix)
                arrays[f"{part}.{name}.bias"] = module.bias.detach().cpu().numpy()
    return arrays


def export(network: PhonesNetwork, digest: str, path: Path, provenance: dict[str, str]) -> None:
    """Write both networks as half-precision safetensors.

    Args:
        network: trained.
        digest: of the base's encoder.
        path: of the weights file.
        provenance: short texts for the metadata.
    """
    arrays = {name: array.astype(np.float16) for name, array in inference_arrays(network).items()}
    metadata = {
        "model": MODEL_ID,
        "architecture": "inference/models/compact_phones.py",
        BASE: digest,
        "licence": "GPL-3.0-or-later",
    }
    write_safetensors(path, arrays, {**metadata, **provenance})
