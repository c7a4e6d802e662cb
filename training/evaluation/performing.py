"""A model at work on what the evaluation lets it hear."""

from typing import Final

import numpy as np

from ...face import arkit
from ...face.controls import Controls
from ...inference.contract import Speech
from ...inference.models.compact import EmoTalkCompact
from ..phones import SpokenLine
from ..recordings.sound_files import as_floats

SMILE: Final = arkit.INDEX["mouthSmileLeft"]


def sound_of(line: SpokenLine) -> np.ndarray:
    """(n,) float32 samples of a line."""
    return as_floats(line.samples)


def perform(model: EmoTalkCompact, sound: np.ndarray, **controls: float | str) -> np.ndarray:
    """(frames, 52) coefficients of a sound, all controls that are not named at their defaults."""
    return model.decode(model.encode(Speech(sound.astype(np.float32))), Controls(controls)).values


def shown_laughter(model: EmoTalkCompact, sound: np.ndarray) -> np.ndarray:
    """(frames,) how far the corners of the mouth rise because a laugh was heard, 0..1."""
    features = model.encode(Speech(sound.astype(np.float32)))
    with_laughter, without = (model.decode(features, Controls({"laughter": gain})).values for gain in (1, 0))
    return np.maximum(with_laughter[:, SMILE] - without[:, SMILE], 0)
