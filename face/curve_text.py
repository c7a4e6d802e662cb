"""Performances as text in a message between processes: a few seconds of curves take longer through a file.

The arrays of a ``.npz`` (``curve_files``); numbers as little-endian float32 in base64, which keeps every bit.
"""

import base64
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from .curve_files import arrays_of, performance_of
from .curves import Performance
from .errors import CurveFileError
from .eyes import merge_eyes

_NUMBERS: Final = ("values", "head", "eyes")


def to_text(performance: Performance) -> dict[str, Any]:
    """A performance as an object for JSON, its eyes merged into the face if the face has channels for them.

    Raises:
        CurveFileError: the curves hold values that are not numbers.
    """
    if not performance.is_finite:
        raise CurveFileError("These curves hold values that are not numbers; nothing was kept")
    arrays = arrays_of(merge_eyes(performance))
    return {name: _text(array) if name in _NUMBERS else array.tolist() for name, array in arrays.items()}


def from_text(fields: Mapping[str, Any]) -> Performance:
    """The performance of ``to_text``. Raises CurveFileError if the object is damaged."""
    try:
        read = {name: _numbers(value) if name in _NUMBERS else value for name, value in fields.items()}
        for name, channels in (("values", "channels"), ("head", "head_channels"), ("eyes", "eye_channels")):
            if name in read:
                read[name] = read[name].reshape(-1, len(read[channels]))
        return performance_of(read)
    except CurveFileError:
        raise
    except Exception:  # whatever is wrong with it
        raise CurveFileError("The worker's message does not hold curves") from None


def _text(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array, "<f4").data).decode("ascii")


def _numbers(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text, validate=True), "<f4").astype(np.float32)
