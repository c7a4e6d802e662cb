"""Runs a face model of any architecture and frame rate for the evaluation."""

from typing import Final

import numpy as np

from ...face.basis import ARKIT
from ...face.controls import Controls
from ...face.curves import FaceCurves
from ...inference.contract import EmoTalkError, FaceModel, Features, Speech
from ..arrays import FloatArray
from ..compact.spoken_line import SpokenLine
from ..recordings.sound_files import as_floats

DEFAULTS: Final = Controls()


def samples_of(line: SpokenLine) -> FloatArray:
    """(n,) float32 samples of a line."""
    return as_floats(line.samples)


def encode(model: FaceModel, sound: FloatArray) -> Features:
    """A model's features of a sound (n,) at 16 kHz."""
    return model.encode(Speech(sound.astype(np.float32)))


def decode(model: FaceModel, features: Features, controls: Controls = DEFAULTS) -> FloatArray:
    """(frames, 52) coefficients for these controls, at the model's frame rate."""
    return arkit_values(model.decode(features, controls))


def predict(model: FaceModel, sound: FloatArray, controls: Controls = DEFAULTS) -> FloatArray:
    """(frames, 52) coefficients of a sound for these controls, at the model's frame rate."""
    return decode(model, encode(model, sound), controls)


def arkit_values(curves: FaceCurves) -> FloatArray:
    """(frames, 52) coefficients in ARKit's order.

    Raises:
        EmoTalkError: the curves lack one of ARKit's coefficients.
    """
    if curves.basis is ARKIT:
        return curves.values
    missing = [name for name in ARKIT.channels if name not in curves.basis.index]
    if missing:
        raise EmoTalkError(f"The evaluation needs ARKit's 52 coefficients; this model has no {', '.join(missing)}")
    return curves.values[:, curves.basis.columns(ARKIT.channels)]
