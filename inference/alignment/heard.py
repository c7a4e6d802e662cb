"""The phones of a line without text: the most probable ones that last long enough to be spoken."""

from itertools import pairwise
from typing import Final

import numpy as np

from ...face.alignment import Alignment
from ...face.phones import PHONES, PhoneSegment
from .boundaries import boundary_time

_HEARD_RATE: Final = 50
_CHANGE: Final = 1.0
"""Price of another phone, in nats at 50 frames per second."""
_LEAST_LOG: Final = -7.0
_SHORTEST: Final = 0.04


def hear(posteriors: np.ndarray, rate: float, seconds: float) -> Alignment:
    """The phones that are heard in a sound.

    Args:
        posteriors: (n, 41) log posteriors of ``PHONES``; frame i is centred at i / rate s.
        rate: frames per second.
        seconds: the duration of the sound.
    """
    return Alignment(hear_phones(posteriors, rate, 0, len(posteriors), 0.0, seconds)).checked()


def hear_phones(
    posteriors: np.ndarray, rate: float, first: int, stop: int, start: float, end: float
) -> tuple[PhoneSegment, ...]:
    """The phones heard in the frames from ``first`` to ``stop``, as segments without gaps from ``start`` to ``end``."""
    if end <= start:
        return ()
    runs = _runs(posteriors[first:stop], rate)
    if not runs:
        return (PhoneSegment(PHONES[0], start, end),)
    inner = [
        boundary_time(posteriors, rate, first + frame, before, phone) for (before, _), (phone, frame) in pairwise(runs)
    ]
    edges = np.maximum.accumulate(np.clip([start, *inner, end], start, end))
    edges[-1] = end
    segments = (
        PhoneSegment(PHONES[phone], float(a), float(b))
        for (phone, _), (a, b) in zip(runs, pairwise(edges), strict=True)
    )
    return tuple(segment for segment in segments if segment.end > segment.start)


def _runs(posteriors: np.ndarray, rate: float) -> list[tuple[int, int]]:
    """Each phone of the most probable path, and the frame at which it starts. Viterbi over phones of a least length."""
    frames, phones = posteriors.shape
    if not frames:
        return []
    emissions = np.maximum(posteriors, _LEAST_LOG).astype(np.float32) * np.float32(_HEARD_RATE / rate)
    copies = max(1, min(round(_SHORTEST * rate), frames))
    scores = np.full((copies, phones), -1e30, np.float32)
    scores[0] = emissions[0]
    stayed = np.zeros((frames, phones), bool)
    came_from = np.zeros(frames, np.int64)
    for frame in range(1, frames):
        came_from[frame] = scores[-1].argmax()
        later = np.empty_like(scores)
        later[0] = scores[-1, came_from[frame]] - np.float32(_CHANGE)
        later[1:] = scores[:-1]
        stayed[frame] = scores[-1] >= later[-1]
        later[-1] = np.maximum(scores[-1], later[-1])
        scores = later + emissions[frame]
    return _trace(scores[-1], stayed, came_from, copies)


def _trace(last: np.ndarray, stayed: np.ndarray, came_from: np.ndarray, copies: int) -> list[tuple[int, int]]:
    phone, frame = int(last.argmax()), len(stayed) - 1
    runs = []
    while True:
        while frame >= copies and stayed[frame, phone]:
            frame -= 1
        begin = max(frame - copies + 1, 0)
        runs.append((phone, begin))
        if begin == 0:
            return runs[::-1]
        phone, frame = int(came_from[begin]), begin - 1
