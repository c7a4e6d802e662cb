"""Curves as few bytes, so that a scene can hold what was generated beside what became of it.

The format: zlib over a line of JSON (labels and numbers of keys) and int32 numbers in planes of bytes, each the step
from the number before it. A frame is stored in 1/1024, a value in 1/65536, a slope in 1/1048576.
"""

import json
import zlib
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from .key_reduction import SparseKeys

FRAME: Final = 2.0**-10
VALUE: Final = 2.0**-16
SLOPE: Final = 2.0**-20
"""The steps in which each is stored: half of it is the largest error."""


def pack(curves: Sequence[tuple[Any, SparseKeys]]) -> bytes:
    """Curves as bytes.

    Args:
        curves: (label, keys) each; a label is anything that JSON can hold.
    """
    head = [[label, len(keys.frames), keys.slopes is not None] for label, keys in curves]
    numbers: list[np.ndarray] = []
    for _label, keys in curves:
        numbers += [_steps(keys.frames, FRAME), _steps(keys.values, VALUE)]
        if keys.slopes is not None:
            numbers.append(_steps(keys.slopes, SLOPE))
    flat = np.concatenate(numbers) if numbers else np.zeros(0, np.int64)
    planes = (flat & 0xFFFFFFFF).astype("<u4").view(np.uint8).reshape(-1, 4).T
    return zlib.compress(json.dumps(head, separators=(",", ":")).encode() + b"\n" + planes.tobytes(), 6)


def unpack(data: bytes) -> list[tuple[Any, SparseKeys]]:
    """The curves of ``pack``. Raises ValueError for bytes that are none."""
    try:
        line, _, planes = zlib.decompress(data).partition(b"\n")
        return _read(json.loads(line), np.frombuffer(planes, np.uint8).reshape(4, -1))
    except (zlib.error, TypeError, ValueError, RecursionError) as error:
        raise ValueError("these bytes are no curves") from error


def _read(head: Any, planes: np.ndarray) -> list[tuple[Any, SparseKeys]]:
    """Raises ValueError or TypeError for a head that does not fit."""
    steps = np.ascontiguousarray(planes.T).view("<i4").ravel().astype(np.int64)
    curves, at = [], 0
    for label, count, is_curved in head:
        parts = [_sums(steps[at + part * count : at + (part + 1) * count]) for part in range(3 if is_curved else 2)]
        at += len(parts) * count
        if count < 1 or any(len(part) != count for part in parts):
            raise ValueError(f"there are no {count} keys")
        slopes = parts[2] * SLOPE if is_curved else None
        curves.append((label, SparseKeys(parts[0] * FRAME, parts[1] * VALUE, slopes)))
    if at != len(steps):
        raise ValueError(f"there are {len(steps) - at} numbers too many")
    return curves


def _steps(numbers: np.ndarray, unit: float) -> np.ndarray:
    return np.diff(np.round(np.asarray(numbers, np.float64) / unit).astype(np.int64), prepend=0)


def _sums(steps: np.ndarray) -> np.ndarray:
    # Steps are kept modulo 2**32, and so is what they add up to.
    return np.cumsum(steps).astype(np.int32).astype(np.float64)
