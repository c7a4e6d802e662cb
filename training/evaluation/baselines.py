"""What a model has to beat on captures: three predictions that need no network, fitted on other takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ...face.capture_metrics import jaw_column
from ...face.curves import FaceCurves
from ...inference.contract import SAMPLE_RATE, Speech
from ...inference.sound.log_mel import BANDS, HOP, log_mel, speech_level
from ...inference.sound.rms import frame_rms
from ..arrays import FloatArray
from ..captures.take import Take

_CONTEXT: Final = (-12, -8, -4, 0, 4, 8, 12)
"""Log-mel frames of 10 ms around each moment."""
_RIDGE: Final = 0.25
"""Weight of a squared coefficient, a frame; of 0.0025 to 0.25 it gave the least error on captures/mandarin_actor."""


def mean_face(takes: Sequence[Take], frames: int) -> FloatArray:
    """(frames, channels) the mean of all frames of some takes."""
    return np.tile(_values(takes).mean(axis=0), (frames, 1))


def jaw_from_loudness(takes: Sequence[Take], speech: Speech, frames: int) -> FloatArray:
    """(frames, channels) the jaw as a straight line over the loudness, fitted on some takes; all else their mean."""
    values = mean_face(takes, frames)
    jaw = jaw_column(takes[0].curves.basis)
    if jaw is not None:
        loud = np.concatenate([_loudness(take.speech, take.curves.frames, take.curves.fps) for take in takes])
        slope, level = np.polyfit(loud, _values(takes)[:, jaw], 1)
        values[:, jaw] = level + slope * _loudness(speech, frames, takes[0].curves.fps)
    return values


@dataclass(frozen=True)
class RidgeRegression:
    """A linear map from log-mel bands of a quarter of a second to coefficients.

    Attributes:
        mean, spread: (inputs,) of the bands in training.
        weight: (inputs, channels).
        pose: (channels,) the mean pose.
        fps: of the poses.
    """

    mean: FloatArray
    spread: FloatArray
    weight: FloatArray
    pose: FloatArray
    fps: float

    @classmethod
    def fit(cls, takes: Sequence[Take]) -> "RidgeRegression":
        """Fit it on takes of one basis and rate."""
        fps = takes[0].curves.fps
        bands = np.concatenate([_bands(take.speech, take.curves.frames, fps) for take in takes])
        values = _values(takes)
        mean, spread, pose = bands.mean(axis=0), bands.std(axis=0) + 1e-6, values.mean(axis=0)
        bands = (bands - mean) / spread
        curvature = bands.T @ bands + _RIDGE * len(bands) * np.eye(bands.shape[1])
        return cls(mean, spread, np.linalg.solve(curvature, bands.T @ (values - pose)), pose, fps)

    def predict(self, speech: Speech, frames: int) -> FloatArray:
        """(frames, channels)."""
        bands = _bands(speech, frames, self.fps)
        return np.asarray((bands - self.mean) / self.spread @ self.weight + self.pose)


def baselines(others: Sequence[Take], take: Take) -> dict[str, FaceCurves]:
    """The predictions for a take by name, fitted on others and kept within the limits of the basis."""
    frames, basis = take.curves.frames, take.curves.basis
    predicted = {
        "mean face": mean_face(others, frames),
        "jaw from loudness": jaw_from_loudness(others, take.speech, frames),
        "ridge on log-mel": RidgeRegression.fit(others).predict(take.speech, frames),
    }
    return {
        name: take.curves.with_values(np.clip(values, basis.lowest, basis.highest))
        for name, values in predicted.items()
    }


def _values(takes: Sequence[Take]) -> FloatArray:
    return np.concatenate([take.curves.values for take in takes]).astype(np.float64)


def _loudness(speech: Speech, frames: int, fps: float) -> FloatArray:
    """(frames,) root mean square relative to the level of the loud parts."""
    return np.asarray(frame_rms(speech, frames, fps) / 10 ** (speech_level(speech.samples) / 20))


def _bands(speech: Speech, frames: int, fps: float) -> FloatArray:
    """(frames, 7 * 64) log-mel bands around each frame."""
    reach, rate = max(_CONTEXT), SAMPLE_RATE / HOP
    stop = int(frames / fps * rate) + reach + 2
    mel = log_mel(speech.samples, speech_level(speech.samples), -reach, stop).astype(np.float64)
    places = np.arange(frames)[:, None] / fps * rate + np.array(_CONTEXT) + reach
    before = places.astype(int)
    share = (places - before)[:, :, None]
    return ((1 - share) * mel[before] + share * mel[before + 1]).reshape(frames, len(_CONTEXT) * BANDS)
