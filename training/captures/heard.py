"""What the built-in model hears in a take, without a transcript: lip contacts and vowels.

Contacts are heard where it gives p, b, m or f, v more than a half. Where the vowels lie is told by the face that it
would make of the sound: jaw against rounding. ``USUAL`` are the cells of that space in which 240 recordings of
speechocean762 (12 minutes of speech) spend at least half a hundredth of their time each; a capture covers a cell in
which it is for a quarter of a second.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ...face import arkit
from ...face.aperture import CLOSED, lip_aperture
from ...face.controls import Controls
from ...face.curves import FaceCurves
from ...face.intervals import intervals_of
from ...inference.contract import FaceModel, Speech
from ...inference.models.compact import FPS, SIGNALS
from ...inference.models.loading import DEFAULT_CHOICE, load_model
from ..arrays import BoolArray, FloatArray, IntArray

JAW_EDGES: Final = np.linspace(0.0, 0.45, 6)
ROUNDING_EDGES: Final = np.linspace(-0.1, 0.7, 6)
"""Of the cells; what lies outside counts for the outermost."""
_ROUNDING: Final = arkit.row({"mouthPucker": 1, "mouthFunnel": 0.7, "mouthStretch": -0.25})
USUAL: Final[BoolArray] = np.array([list(row) for row in ("#####", "#####", "####.", "###..", "##...")]) == "#"
"""(jaw, rounding) cells."""
_LEAST_SECONDS: Final = 0.25
_NEAR: Final = 0.1
"""Seconds before and after a heard p, b, m within which the captured lips may be closed."""


@dataclass(frozen=True)
class Heard:
    """Of one take or of several.

    Attributes:
        bilabials: how many p, b, m the built-in model hears.
        seen: during how many of them the captured lips close; None if the basis does not know its lips.
        labiodentals: how many f, v.
        vowels: (jaw, rounding) seconds in each cell.
    """

    bilabials: int
    seen: int | None
    labiodentals: int
    vowels: FloatArray

    @property
    def coverage(self) -> float:
        """Share of the usual cells that are covered."""
        return float(((self.vowels >= _LEAST_SECONDS) & USUAL).sum() / USUAL.sum())

    def __add__(self, other: "Heard") -> "Heard":
        seen = None if self.seen is None or other.seen is None else self.seen + other.seen
        return Heard(
            self.bilabials + other.bilabials, seen, self.labiodentals + other.labiodentals, self.vowels + other.vowels
        )


def built_in_model() -> FaceModel:
    """The model that listens."""
    return load_model(DEFAULT_CHOICE.model_id, DEFAULT_CHOICE.device, DEFAULT_CHOICE.precision, False)


def listen(model: FaceModel, speech: Speech, curves: FaceCurves) -> Heard:
    """What the built-in model hears in a take, and whether its lips close where it hears that they should."""
    features = model.encode(speech)
    chances = 1 / (1 + np.exp(-np.clip(features.arrays["signals"].astype(np.float64), -30, 30)))
    bilabial, labiodental, talking = (
        chances[:, SIGNALS.index(name)] > 0.5 for name in ("bilabial", "labiodental", "speech")
    )
    face = model.decode(features, Controls()).values[talking & ~bilabial & ~labiodental]
    vowels = np.zeros(USUAL.shape)
    cells = _cell(face[:, arkit.INDEX["jawOpen"]], JAW_EDGES), _cell(face @ _ROUNDING, ROUNDING_EDGES)
    np.add.at(vowels, cells, 1 / FPS)
    contacts = intervals_of(bilabial)
    return Heard(len(contacts), _seen(contacts, curves), len(intervals_of(labiodental)), vowels)


def _cell(values: FloatArray, edges: FloatArray) -> IntArray:
    """(frames,) the row or column of each value; those outside are in the outermost."""
    return np.clip(np.searchsorted(edges, values, "right") - 1, 0, len(edges) - 2)


def _seen(contacts: list[tuple[int, int]], curves: FaceCurves) -> int | None:
    if not curves.basis.lip_terms:
        return None
    closed = np.flatnonzero(lip_aperture(curves.values, curves.basis) <= CLOSED) / curves.fps
    return sum(
        bool(((closed >= start / FPS - _NEAR) & (closed <= (end - 1) / FPS + _NEAR)).any()) for start, end in contacts
    )
