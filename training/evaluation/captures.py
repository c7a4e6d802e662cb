"""How the model's jaw goes with a captured one.

A folder of captures holds ``take_*.flac`` and, in sync with each, ``take_*.csv``: 30 rows a second of named
coefficients, among them ``mouth_stretch_c`` (the jaw opens) and ``mouth_oh_c`` (it opens roundly).
"""

import csv
from pathlib import Path
from typing import Final

import numpy as np

from ...face import arkit, metrics
from ...inference.contract import EmoTalkError
from ...inference.models.compact import EmoTalkCompact
from ...inference.sound.audio import read_speech
from ...inference.sound.rms import frame_rms
from ..arrays import FloatArray
from .prediction import predict
from .report import Table

_JAW: Final[dict[str, float]] = {"mouth_stretch_c": 1.0, "mouth_oh_c": 0.3}
_LONGEST_LAG: Final = 6


def capture_tables(model: EmoTalkCompact, folder: Path) -> list[Table]:
    """Correlation with the captured jaw in each take, of the model's jaw, its aperture and the sound's loudness.

    Raises:
        EmoTalkError: there are no takes in the folder.
    """
    takes = sorted(folder.glob("take_*.csv"))
    if not takes:
        raise EmoTalkError(f"{folder} holds no take_*.csv with captured curves; give the folder of a capture")
    rows = []
    for take in takes:
        captured = read_jaw(take)
        speech = read_speech(take.with_suffix(".flac"))
        values = predict(model, speech.samples)
        jaw, lag = best_correlation(captured, values[:, arkit.INDEX["jawOpen"]])
        aperture, _ = best_correlation(captured, values @ metrics.APERTURE)
        loud, _ = best_correlation(captured, frame_rms(speech, len(captured), model.spec.fps))
        at_once = correlation(captured, values[:, arkit.INDEX["jawOpen"]], 0)
        rows.append(
            (take.stem, len(captured) / model.spec.fps, at_once, jaw, 1000 * lag / model.spec.fps, aperture, loud)
        )
    columns = ("take", "seconds", "jaw r0", "jaw r best", "lag ms", "aperture r", "loudness r")
    return [Table("The model's jaw and a captured one (lag above 0: the model is late)", columns, tuple(rows))]


def read_jaw(path: Path) -> FloatArray:
    """(frames,) opening of the captured jaw."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return np.array([sum(weight * float(row[name]) for name, weight in _JAW.items()) for row in rows])


def correlation(captured: FloatArray, performed: FloatArray, lag: int) -> float:
    """Pearson's r of what is captured and what is performed so many frames later."""
    length = min(len(captured), len(performed)) - abs(lag)
    early, late = captured[max(-lag, 0) :][:length], performed[max(lag, 0) :][:length]
    return float(np.corrcoef(early, late)[0, 1]) if early.std() * late.std() > 0 else 0.0


def best_correlation(captured: FloatArray, performed: FloatArray) -> tuple[float, int]:
    """The largest correlation within 0.2 s to both sides, and its lag in frames."""
    lags = range(-_LONGEST_LAG, _LONGEST_LAG + 1)
    every = [correlation(captured, performed, lag) for lag in lags]
    best = int(np.argmax(every))
    return every[best], lags[best]
