"""Any sample rate to 16 kHz: polyphase windowed-sinc filtering without delay, in bounded memory.

Output sample j is at exactly j / 16000 seconds of the input, so lips are never late. Kaiser window, 48 zero
crossings on each side: flat to 0.1 dB below 7 kHz (or 0.88 of the lower Nyquist frequency), 80 dB down above it.
"""

from collections.abc import Iterable
from functools import lru_cache
from math import ceil, gcd
from typing import Final

import numpy as np

from ..contract import SAMPLE_RATE

_ZERO_CROSSINGS: Final = 48
_STOP_BAND_DB: Final = 80.0
_KAISER_BETA: Final = 0.1102 * (_STOP_BAND_DB - 8.7)
_TRANSITION: Final = (_STOP_BAND_DB - 8) / (2.285 * 2 * _ZERO_CROSSINGS * np.pi)
"""Width of the transition band, as a share of the lower Nyquist frequency (Kaiser's formula)."""


def resampled_length(samples: int, rate: int) -> int:
    """The number of samples at 16 kHz with the duration of ``samples`` at ``rate`` Hz."""
    return ceil(samples * SAMPLE_RATE / rate)


def resample(blocks: Iterable[np.ndarray], rate: int, samples: int) -> np.ndarray:
    """Mono sound at 16 kHz.

    Args:
        blocks: one after the other (n,) float32 at ``rate`` Hz; all of them together ``samples`` long, or less
            where the sound ends early.
        rate: Hz.
        samples: the expected number; more are dropped.

    Returns:
        (m,) float32, m = ceil(samples * 16000 / rate).
    """
    output = np.zeros(resampled_length(samples, rate), np.float32)
    if rate == SAMPLE_RATE:
        return _joined(blocks, output)
    bank = _filter_bank(rate)
    # The signal is silent before its start, as far as the first output sample's filter reaches back.
    waiting = np.zeros(bank.reach, np.float32)
    arrived = written = 0
    for block in blocks:
        arrived += len(block)
        waiting = np.concatenate([waiting, block])
        written, waiting = bank.run(waiting, output, written)
    # A signal that ends early is silent to the end of the output.
    end = resampled_length(min(arrived, samples), rate)
    silence = np.zeros(bank.span + bank.step, np.float32)
    while written < end:
        waiting = np.concatenate([waiting, silence])
        written, waiting = bank.run(waiting, output, written)
    return output[:end]


def _joined(blocks: Iterable[np.ndarray], output: np.ndarray) -> np.ndarray:
    position = 0
    for block in blocks:
        part = block[: len(output) - position]
        output[position : position + len(part)] = part
        position += len(part)
    return output[:position]


class _FilterBank:
    """The filters of one input rate.

    A period is the shortest time after which input and output samples coincide again (repeated until a matrix product
    is worth it). Its outputs are computed in groups of neighbours: one product of (periods, window) input
    with a (window, group) matrix that holds each neighbour's filter at its own place.

    Attributes:
        reach: samples on each side of an output sample that its filter covers.
        step: input samples in a period.
        outputs: output samples in a period.
        span: input samples that the outputs of a period depend on.
    """

    def __init__(self, rate: int) -> None:
        common = gcd(rate, SAMPLE_RATE)
        ratio = max(1.0, rate / SAMPLE_RATE)
        self.reach = ceil(_ZERO_CROSSINGS * ratio)
        group = max(8, int(self.reach * SAMPLE_RATE / rate))
        repeats = ceil(group * common / SAMPLE_RATE)
        self.outputs = SAMPLE_RATE // common * repeats
        self.step = rate // common * repeats
        self.groups = [
            self._group(range(first, min(first + group, self.outputs)), rate, ratio)
            for first in range(0, self.outputs, group)
        ]
        self.span = max(start + matrix.shape[0] for start, matrix in self.groups)

    def _group(self, outputs: range, rate: int, ratio: float) -> tuple[int, np.ndarray]:
        """First input sample, counted from the period's start less the reach, and (window, group) filters."""
        places = np.array(outputs) * (rate / SAMPLE_RATE)
        start = int(places[0])
        window = int(places[-1]) - start + 2 * self.reach + 1
        distance = (np.arange(window)[:, None] + start - self.reach - places) / ratio
        cutoff = 1 - _TRANSITION / 2
        shape = np.sqrt(np.maximum(1 - (distance / _ZERO_CROSSINGS) ** 2, 0))
        # Rounding must not decide which of the outermost taps count, or the filter would be asymmetric.
        inside = np.abs(distance) < _ZERO_CROSSINGS - 1e-6
        taps = np.sinc(cutoff * distance) * np.i0(_KAISER_BETA * shape) * inside
        return start, (taps / taps.sum(axis=0)).astype(np.float32)

    def run(self, signal: np.ndarray, output: np.ndarray, written: int) -> tuple[int, np.ndarray]:
        """Filter as many whole periods as the signal holds.

        Returns:
            The number of output samples written so far, and the part of the signal that is still needed.
        """
        periods = max(0, (len(signal) - self.span) // self.step + 1)
        if periods == 0:
            return written, signal
        result = np.empty((periods, self.outputs), np.float32)
        first = 0
        for start, matrix in self.groups:
            windows = np.lib.stride_tricks.as_strided(
                signal[start:],
                (periods, matrix.shape[0]),
                (self.step * signal.itemsize, signal.itemsize),
                writeable=False,
            )
            result[:, first : first + matrix.shape[1]] = np.ascontiguousarray(windows) @ matrix
            first += matrix.shape[1]
        room = output[written : written + result.size]
        room[:] = result.ravel()[: len(room)]
        return written + result.size, signal[periods * self.step :]


_filter_bank = lru_cache(maxsize=4)(_FilterBank)
