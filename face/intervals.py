"""Intervals of time in which a mask is true."""

import numpy as np


def intervals_of(mask: np.ndarray) -> list[tuple[int, int]]:
    """(start, end) of each run of True in a (frames,) mask, end exclusive."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], mask.astype(np.int8), [0]))))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
