"""Numbers as Blender keeps them: float32, written with no more digits than that has."""

import numpy as np


def shortest(value: float | str) -> float | int | str:
    """The shortest number that is the same in float32, so that 0.7 is not 0.699999988; a text stays as it is."""
    if isinstance(value, str):
        return value
    short = float(np.format_float_positional(np.float32(value), unique=True, trim="-"))
    return int(short) if short.is_integer() else short
