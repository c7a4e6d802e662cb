"""A model at work on what the evaluation lets it hear."""

from typing import Final

import numpy as np

from ...face import arkit
from ...face.controls import Controls
from ...inference.contract import Speech
from ...inference.models.compact import EmoTalkCompact
from ..arrays import FloatArray
from ..phones import SpokenLine
from ..recordings.sound_files import as_floats

SMILE: Final = arkit.INDEX["mouthSmileLeft"]


def sound_of(line: SpokenLine) -> FloatArray:
    """(n,) float32 samples of a line."""
    return as_floats(line.samples)


def predict(model: EmoTalkCompact, sound: FloatArray, **controls: float | str) -> FloatArray:
    """(frames, 52) coefficients of a sound, all controls that are not named at their defaults."""
    return model.decode(model.encode(Speech(sound.astype(np.float32))), Controls(controls)).values


def laughter_curve(model: EmoTalkCompact, sound: FloatArray) -> FloatArray:
    """(frames,) how far the corners of the mouth rise because a laugh was heard, 0..1."""
    features = model.encode(Speech(sound.astype(np.float32)))
    with_laughter, without = (model.decode(features, Controls({"laughter": gain})).values for gain in (1, 0))
    return np.maximum(with_laughter[:, SMILE] - without[:, SMILE], 0)
