"""Takes as training draws from them: autocorrelation at every quarter of a hop, and curves to be interpolated."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ...face.basis import Basis
from ...face.closures import lid_channels
from ...inference.contract import SAMPLE_RATE, Speech
from ...inference.models.karras import HOP, WINDOW, autocorrelation, power_spectra
from ...inference.models.karras_content import content_at
from ...inference.sound.log_mel import speech_level
from ..arrays import BoolArray, FloatArray, IntArray
from ..captures.take import Take

PHASES: Final = 4
"""Grids of frames, a quarter of a hop (2 ms) apart: to such a fraction, a window may begin anywhere."""

HALF: Final = WINDOW // 2
QUIET: Final = 10 ** (-30 / 10)
"""Energy of a frame, relative to that of loud speech, below which nobody is taken to speak."""

_LID_CLOSED: Final = 0.65
_BLINK_SECONDS: Final = 0.15
"""Before and after a lid is closed, it still closes or opens."""
_MUTED_SECONDS: Final = 4
_MUTED_DECIBELS: Final = (0.0, -20.0, -40.0)
_HANN_POWER: Final = 0.375


@dataclass(frozen=True)
class PreparedTake:
    """A take, or a muted shot.

    Attributes:
        spectra: (4, hops, 145) float32 power spectra of frames; with row h of grid p begins the window of the moment
            h + p / 4 hops after the start.
        content: (frames, K) content features at 30 frames per second; K may be 0.
        energy: (hops,) of the first grid's frames, relative to loud speech.
        values: (n, channels) float32 coefficients.
        learnt: (n, channels) bool; what the sound cannot tell, lids in a blink, is not.
        fps: of the values.
        first: row of the table of emotion vectors that belongs to the first of the values.
    """

    spectra: FloatArray
    content: FloatArray
    energy: FloatArray
    values: FloatArray
    learnt: BoolArray
    fps: float
    first: int

    @property
    def seconds(self) -> float:
        """How long sound and values both last."""
        return min((self.spectra.shape[1] - WINDOW) * HOP / SAMPLE_RATE, (len(self.values) - 1) / self.fps)

    def content_of(self, begin: FloatArray, hops: FloatArray | IntArray) -> FloatArray:
        """(..., n, K) content features: of windows that begin at row ``begin`` (...), at their rows ``hops`` (n,)."""
        times = (begin[..., None] + hops - HALF) * (HOP / SAMPLE_RATE)
        return content_at(self.content, times.ravel()).reshape(*times.shape, self.content.shape[1])


Hear = Callable[[Speech], FloatArray]
"""(frames, K) content features of a sound at 30 frames per second."""


def hear_nothing(_: Speech) -> FloatArray:
    """No content features: the paper's network hears formants alone."""
    return np.zeros((1, 0), np.float32)


def prepare_takes(takes: Sequence[Take], hear: Hear = hear_nothing) -> list[PreparedTake]:
    """Takes ready to be drawn from; their rows in the table of emotion vectors follow one another."""
    prepared: list[PreparedTake] = []
    first = 0
    for take in takes:
        samples = take.speech.samples
        values = np.ascontiguousarray(take.curves.values, np.float32)
        learnt = ~in_blinks(values, take.curves.basis, take.curves.fps)
        level = speech_level(samples)
        spectra, energy = _grids(samples, level)
        content = hear(take.speech)
        prepared.append(PreparedTake(spectra, content, energy, values, learnt, take.curves.fps, first))
        first += len(values)
    return prepared


def rest_pose(takes: Sequence[PreparedTake]) -> FloatArray:
    """(channels,) the median of the poses in silence; zeros if there is no second of it."""
    still = [take.values[is_quiet(take, np.arange(len(take.values)) / take.fps)] for take in takes]
    poses = np.concatenate(still) if still else np.zeros((0, 0))
    if len(poses) < max((take.fps for take in takes), default=0.0):
        return np.zeros(takes[0].values.shape[1], np.float32)
    return np.asarray(np.median(poses, axis=0), np.float32)


def is_quiet(take: PreparedTake, times: FloatArray) -> BoolArray:
    """Whether nobody speaks within 50 ms of each moment, in seconds."""
    hop = np.round(times * SAMPLE_RATE / HOP).astype(int) + HALF
    around = hop[:, None] + np.arange(-6, 6)
    return np.asarray(take.energy[np.clip(around, 0, len(take.energy) - 1)].max(axis=1) < QUIET)


def muted_shot(
    rest: FloatArray, fps: float, first: int, rng: np.random.Generator, hear: Hear = hear_nothing
) -> PreparedTake:
    """A still face over silence, noises and tones at several levels, so that nothing but speech moves it.

    Args:
        rest: (channels,) the pose.
        fps: of its values.
        first: row of its emotion vectors.
        rng: of the noise.
        hear: content features.
    """
    count = _MUTED_SECONDS * SAMPLE_RATE
    sounds = [np.zeros(count), *(10 ** (db / 20) * noise for db in _MUTED_DECIBELS for noise in _noises(count, rng))]
    samples = np.concatenate(sounds).astype(np.float32)
    values = np.tile(rest, (int(len(samples) / SAMPLE_RATE * fps), 1)).astype(np.float32)
    spectra, energy = _grids(samples, 0.0)
    content = hear(Speech(samples))
    return PreparedTake(spectra, content, energy, values, np.ones(values.shape, bool), fps, first)


def in_blinks(values: FloatArray, basis: Basis, fps: float) -> BoolArray:
    """(n, channels) the lids' channels while they are closed, close or open."""
    inside = np.zeros(values.shape, bool)
    reach = round(_BLINK_SECONDS * fps)
    for column in basis.columns(lid_channels(basis)):
        closed = values[:, column] > _LID_CLOSED
        inside[:, column] = np.convolve(closed, np.ones(2 * reach + 1), "same") > 0.5
    return inside


def window_starts(moments: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """The grid and the row at which the window of each moment (seconds) begins, and the moments that these are of."""
    places = np.round(moments * SAMPLE_RATE / HOP * PHASES).astype(int)
    return places % PHASES, places // PHASES, places * (HOP / PHASES / SAMPLE_RATE)


def _grids(samples: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
    hops = len(samples) // HOP + WINDOW
    starts = (-HALF * HOP - HOP // 2 + phase * HOP // PHASES for phase in range(PHASES))
    spectra = np.stack([power_spectra(samples, start, hops, level) for start in starts])
    return spectra, autocorrelation(spectra[0])[:, 0] / _HANN_POWER


def _noises(count: int, rng: np.random.Generator) -> tuple[FloatArray, ...]:
    """White and pink noise, mains hum and a tone, each (n,) with a root mean square of 1."""
    time = np.arange(count) / SAMPLE_RATE
    white = rng.uniform(-1, 1, count)
    spectrum = np.fft.rfft(white)
    pink = np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 10)), count)
    hum = sum(np.sin(2 * np.pi * rng.choice((50, 60)) * k * time) for k in range(1, 7))
    tone = np.sin(2 * np.pi * rng.uniform(200, 4000) * time)
    return tuple(sound / sound.std() for sound in (white, pink, hum, tone))
