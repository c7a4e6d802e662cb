"""How the model's jaw correlates with a captured one.

A folder of captures holds ``take_*.flac`` and, in sync with each, ``take_*.csv``: 30 rows a second of coefficients by
name, among them ``mouth_stretch_c`` (the jaw opens) and ``mouth_oh_c`` (it opens roundly).
"""

import csv
from pathlib import Path
from typing import Final

import numpy as np

from ...face import arkit, metrics
from ...inference.contract import EmoTalkError, FaceModel
from ...inference.sound.audio import read_speech
from ...inference.sound.rms import frame_rms
from ..arrays import FloatArray
from .prediction import DEFAULTS, arkit_values
from .report import Cell, Table

CAPTURE_FPS: Final = 30.0
_JAW: Final[dict[str, float]] = {"mouth_stretch_c": 1.0, "mouth_oh_c": 0.3}
_LONGEST_LAG: Final = 6


def capture_tables(model: FaceModel, folder: Path) -> list[Table]:
    """Correlation with the captured jaw in each take: of the model's jaw, its lip aperture, and the sound's loudness.

    Raises:
        EmoTalkError: there are no takes in the folder.
    """
    takes = sorted(folder.glob("take_*.csv"))
    if not takes:
        raise EmoTalkError(f"{folder} holds no take_*.csv with captured curves; give the folder of a capture")
    rows: list[tuple[Cell, ...]] = []
    for take in takes:
        captured = read_jaw(take)
        speech = read_speech(take.with_suffix(".flac"))
        values = arkit_values(model.decode(model.encode(speech), DEFAULTS).resampled(CAPTURE_FPS))
        jaw_opening = values[:, arkit.INDEX["jawOpen"]]
        jaw, lag = best_correlation(captured, jaw_opening)
        aperture, _ = best_correlation(captured, values @ metrics.APERTURE)
        loudness, _ = best_correlation(captured, frame_rms(speech, len(captured), CAPTURE_FPS))
        at_once = correlation(captured, jaw_opening, 0)
        seconds, lag_ms = len(captured) / CAPTURE_FPS, 1000 * lag / CAPTURE_FPS
        rows.append((take.stem, seconds, at_once, jaw, lag_ms, aperture, loudness))
    columns = ("take", "seconds", "jaw r0", "jaw r best", "lag ms", "aperture r", "loudness r")
    return [Table("The model's jaw and a captured one (lag above 0: the model is late)", columns, tuple(rows))]


def read_jaw(path: Path) -> FloatArray:
    """(frames,) opening of the captured jaw."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return np.array([sum(weight * float(row[name]) for name, weight in _JAW.items()) for row in rows])


def correlation(captured: FloatArray, predicted: FloatArray, lag: int) -> float:
    """Pearson's r of the captured curve and the predicted one so many frames later."""
    length = min(len(captured), len(predicted)) - abs(lag)
    early, late = captured[max(-lag, 0) :][:length], predicted[max(lag, 0) :][:length]
    return float(np.corrcoef(early, late)[0, 1]) if early.std() * late.std() > 0 else 0.0


def best_correlation(captured: FloatArray, predicted: FloatArray) -> tuple[float, int]:
    """The largest correlation within 0.2 s to both sides, and its lag in frames."""
    lags = range(-_LONGEST_LAG, _LONGEST_LAG + 1)
    every = [correlation(captured, predicted, lag) for lag in lags]
    best = int(np.argmax(every))
    return every[best], lags[best]
