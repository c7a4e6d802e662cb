"""What a model costs: processor time, memory of its features, size of its weights."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from ...face.controls import Controls
from ...inference.contract import SAMPLE_RATE, Speech
from ...inference.models.compact import EmoTalkCompact
from ..phones import SpokenLine
from .prediction import sound_of
from .report import Table

_SECONDS: Final = 60
_TIMES: Final = 3


def cost_tables(model: EmoTalkCompact, weights: Path, lines: Sequence[SpokenLine]) -> list[Table]:
    """Processor seconds of all threads per second of sound, the least of three times, and megabytes."""
    sound = np.concatenate([sound_of(line) for line in lines])
    speech = Speech(np.resize(sound, _SECONDS * SAMPLE_RATE))
    features = model.encode(speech)
    encode = _processor_seconds(lambda: model.encode(speech))
    decode = _processor_seconds(lambda: model.decode(features, Controls({"happy": 1})))
    kept = sum(array.nbytes for array in features.arrays.values()) / 1e6 * 60 / (_SECONDS / 60)
    rows = (
        ("encode, CPU s per s of sound", encode / _SECONDS, ""),
        ("decode, CPU s per s of sound", decode / _SECONDS, ""),
        ("both", (encode + decode) / _SECONDS, "0.02 or less"),
        ("encode over decode", encode / decode, "20 or more"),
        ("weights, MB", weights.stat().st_size / 1e6, "12 or less"),
        ("features of an hour, MB", kept, ""),
    )
    return [Table("Cost", ("what", "here", "must"), rows)]


def _processor_seconds(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(_TIMES):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)
