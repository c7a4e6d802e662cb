"""A long line in windows that fade into each other: what looks at the whole line then grows with its length alone."""

from collections.abc import Callable

import torch
from torch import Tensor

from ..contract import Progress


def cross_faded(
    work: Callable[[slice], Tensor], frames: int, window: int, overlap: int, progress: Progress | None = None
) -> Tensor:
    """What some work gives for windows of the frames, faded linearly into each other where they overlap.

    Args:
        work: takes a slice of the frames, and gives a row for each.
        frames: more than a window overlaps with the next.
        window: frames of one of them.
        overlap: frames that it shares with the next.
        progress: called with the share (0..1) of the frames that is done.
    """
    rising = torch.arange(1, overlap + 1)[:, None] / (overlap + 1)
    parts: list[Tensor] = []
    for first in range(0, frames - overlap, window - overlap):
        part = work(slice(first, min(first + window, frames)))
        if parts:
            before, fade = parts.pop(), rising.to(part)
            parts += [before[:-overlap], torch.lerp(before[-overlap:], part[:overlap], fade), part[overlap:]]
        else:
            parts.append(part)
        if progress is not None:
            progress(min((first + window) / frames, 1.0))
    return torch.cat(parts)
