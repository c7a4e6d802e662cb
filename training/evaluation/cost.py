"""What a model costs: processor time, memory for its features, size of its weights."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from ...face.controls import Controls
from ...inference.contract import SAMPLE_RATE, FaceModel, Speech
from ...inference.registry import DEFAULT_MODEL
from ..compact.spoken_line import SpokenLine
from .prediction import samples_of
from .report import Cell, Table

_SECONDS: Final = 60
_REPEATS: Final = 3
_LIMITS: Final[dict[str, str]] = {
    "both": "0.02 or less",
    "encode over decode": "20 or more",
    "weights, MB": "12 or less",
}
"""Requirements on the built-in model; there are none for others."""


def cost_tables(model: FaceModel, weights: Path, lines: Sequence[SpokenLine]) -> list[Table]:
    """Processor seconds of all threads per second of sound (the best of three runs), and megabytes."""
    sound = np.concatenate([samples_of(line) for line in lines])
    speech = Speech(np.resize(sound, _SECONDS * SAMPLE_RATE))
    features = model.encode(speech)
    encode = _processor_seconds(lambda: model.encode(speech))
    decode = _processor_seconds(lambda: model.decode(features, Controls({"happy": 1})))
    figures = {
        "encode, CPU s per s of sound": encode / _SECONDS,
        "decode, CPU s per s of sound": decode / _SECONDS,
        "both": (encode + decode) / _SECONDS,
        "encode over decode": encode / decode if decode else float("nan"),
        "weights, MB": weights.stat().st_size / 1e6,
        "features of an hour, MB": sum(array.nbytes for array in features.arrays.values()) / 1e6 * 3600 / _SECONDS,
    }
    limits = _LIMITS if model.model_id == DEFAULT_MODEL else {}
    rows: list[tuple[Cell, ...]] = [(name, figure, limits.get(name, "")) for name, figure in figures.items()]
    return [Table("Cost (time on a GPU is not counted)", ("what", "here", "must"), tuple(rows))]


def _processor_seconds(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(_REPEATS):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)
