"""The mouth shape of each phone: target coefficients, dominance and reach in time.

The numbers are the project's own, for an ARKit rig at normal effort, checked on ICT-FaceKit for lip gap and mouth
width. Lip contacts are only approached here; they are applied afterwards (``face/contacts.py``).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ...face import arkit
from ...face.phones import PHONES, VOWELS
from ..arrays import FloatArray


@dataclass(frozen=True)
class Articulation:
    """One phase of a phone.

    Attributes:
        share: of the phone's duration.
        shape: coefficients by name, without Left and Right.
        lips, jaw: dominance 0..1 over neighbouring phases (Cohen and Massaro's alpha).
        before, after: reach of the lips' dominance beyond the phase, ms.
    """

    share: float
    shape: dict[str, float]
    lips: float
    jaw: float
    before: float
    after: float


def _shape(**stems: float) -> dict[str, float]:
    names = {
        "jaw": "jawOpen",
        "funnel": "mouthFunnel",
        "pucker": "mouthPucker",
        "lower": "mouthLowerDown",
        "upper": "mouthUpperUp",
        "stretch": "mouthStretch",
        "smile": "mouthSmile",
        "dimple": "mouthDimple",
        "press": "mouthPress",
        "roll_lower": "mouthRollLower",
        "roll_upper": "mouthRollUpper",
        "tongue": "tongueOut",
    }
    return {names[stem]: value for stem, value in stems.items()}


_SILENCE: Final = _shape(press=0.08)
_BILABIAL: Final = _shape(jaw=0.08, press=0.14, roll_lower=0.06, roll_upper=0.05)
_BILABIAL_RELEASE: Final = _shape(jaw=0.12, lower=0.12, upper=0.05)
_LABIODENTAL: Final = _shape(jaw=0.06, roll_lower=0.28, upper=0.14, stretch=0.05)
_ALVEOLAR: Final = _shape(jaw=0.10, lower=0.16, upper=0.06, stretch=0.06)
_VELAR: Final = _shape(jaw=0.15, lower=0.12, upper=0.05)
_NASAL: Final = _shape(jaw=0.11, lower=0.14, upper=0.05)
_DENTAL: Final = _shape(jaw=0.13, tongue=0.28, lower=0.14, upper=0.08, stretch=0.06)
_ALVEOLAR_SIBILANT: Final = _shape(jaw=0.04, stretch=0.16, smile=0.10, lower=0.24, upper=0.10)
_POSTALVEOLAR: Final = _shape(jaw=0.07, funnel=0.38, pucker=0.24, lower=0.06, upper=0.06)
_AA: Final = _shape(jaw=0.46, lower=0.18, upper=0.10)
_AE: Final = _shape(jaw=0.36, stretch=0.16, smile=0.08, lower=0.24, upper=0.14)
_AH: Final = _shape(jaw=0.28, lower=0.13, upper=0.06)
_AX: Final = _shape(jaw=0.15, lower=0.10, upper=0.04)
_AO: Final = _shape(jaw=0.33, funnel=0.28, pucker=0.16)
_EH: Final = _shape(jaw=0.25, stretch=0.16, smile=0.10, lower=0.20, upper=0.10)
_IH: Final = _shape(jaw=0.14, stretch=0.18, smile=0.12, lower=0.14, upper=0.06)
_IY: Final = _shape(jaw=0.08, stretch=0.25, smile=0.24, dimple=0.08, lower=0.18, upper=0.08)
_UH: Final = _shape(jaw=0.13, pucker=0.38, funnel=0.15)
_UW: Final = _shape(jaw=0.07, pucker=0.65, funnel=0.12)
_ER: Final = _shape(jaw=0.14, funnel=0.18, pucker=0.22)

ARTICULATIONS: Final[dict[str, tuple[Articulation, ...]]] = {
    "SIL": (Articulation(1, _SILENCE, 0.60, 0.60, 70, 90),),
    "AA": (Articulation(1, _AA, 0.45, 0.90, 100, 100),),
    "AE": (Articulation(1, _AE, 0.50, 0.85, 100, 100),),
    "AH": (Articulation(1, _AH, 0.30, 0.65, 80, 80),),
    "AO": (Articulation(1, _AO, 0.75, 0.80, 130, 120),),
    "AW": (
        Articulation(0.6, _AA, 0.50, 0.85, 100, 60),
        Articulation(0.4, _shape(jaw=0.12, pucker=0.50, funnel=0.15), 0.70, 0.65, 90, 120),
    ),
    "AX": (Articulation(1, _AX, 0.20, 0.45, 60, 60),),
    "AY": (Articulation(0.6, _AA, 0.45, 0.85, 100, 60), Articulation(0.4, _IH, 0.45, 0.60, 60, 90)),
    "B": (Articulation(0.7, _BILABIAL, 1.0, 0.60, 80, 50), Articulation(0.3, _BILABIAL_RELEASE, 0.20, 0.20, 30, 40)),
    "CH": (Articulation(1, {**_POSTALVEOLAR, "mouthFunnel": 0.34}, 0.90, 0.60, 130, 100),),
    "D": (Articulation(1, _ALVEOLAR, 0.20, 0.45, 60, 60),),
    "DH": (Articulation(1, {**_DENTAL, "tongueOut": 0.22}, 0.35, 0.50, 60, 60),),
    "EH": (Articulation(1, _EH, 0.45, 0.75, 100, 100),),
    "ER": (Articulation(1, _ER, 0.65, 0.60, 110, 110),),
    "EY": (Articulation(0.6, _EH, 0.45, 0.70, 100, 60), Articulation(0.4, _IY, 0.50, 0.60, 60, 100)),
    "F": (Articulation(1, _LABIODENTAL, 0.95, 0.65, 80, 60),),
    "G": (Articulation(1, _VELAR, 0.15, 0.35, 60, 60),),
    "HH": (Articulation(1, _shape(jaw=0.16, lower=0.10), 0.08, 0.18, 40, 40),),
    "IH": (Articulation(1, _IH, 0.40, 0.60, 90, 90),),
    "IY": (Articulation(1, _IY, 0.60, 0.65, 100, 100),),
    "JH": (Articulation(1, {**_POSTALVEOLAR, "mouthFunnel": 0.32}, 0.90, 0.60, 130, 100),),
    "K": (Articulation(1, _VELAR, 0.15, 0.35, 60, 60),),
    "L": (Articulation(1, {**_NASAL, "jawOpen": 0.16}, 0.20, 0.40, 70, 70),),
    "M": (Articulation(1, _BILABIAL, 1.0, 0.60, 80, 60),),
    "N": (Articulation(1, _NASAL, 0.20, 0.40, 60, 60),),
    "NG": (Articulation(1, _VELAR, 0.15, 0.35, 60, 60),),
    "OW": (
        Articulation(0.6, _shape(jaw=0.24, funnel=0.28, pucker=0.28), 0.85, 0.75, 150, 60),
        Articulation(0.4, _shape(jaw=0.10, pucker=0.58, funnel=0.14), 0.85, 0.65, 60, 120),
    ),
    "OY": (Articulation(0.6, _AO, 0.80, 0.80, 150, 60), Articulation(0.4, _IH, 0.45, 0.60, 60, 90)),
    "P": (Articulation(0.7, _BILABIAL, 1.0, 0.60, 90, 50), Articulation(0.3, _BILABIAL_RELEASE, 0.20, 0.20, 30, 40)),
    "R": (Articulation(1, _shape(jaw=0.10, funnel=0.22, pucker=0.28), 0.65, 0.45, 110, 90),),
    "S": (Articulation(1, _ALVEOLAR_SIBILANT, 0.55, 0.85, 80, 70),),
    "SH": (Articulation(1, _POSTALVEOLAR, 0.90, 0.75, 140, 110),),
    "T": (Articulation(1, {**_ALVEOLAR, "jawOpen": 0.09}, 0.20, 0.50, 60, 60),),
    "TH": (Articulation(1, _DENTAL, 0.40, 0.55, 70, 60),),
    "UH": (Articulation(1, _UH, 0.65, 0.55, 110, 100),),
    "UW": (Articulation(1, _UW, 0.90, 0.65, 150, 120),),
    "V": (Articulation(1, _LABIODENTAL, 0.95, 0.65, 80, 60),),
    "W": (Articulation(1, _shape(jaw=0.04, pucker=0.72, funnel=0.08), 0.95, 0.60, 150, 100),),
    "Y": (Articulation(1, _shape(jaw=0.11, stretch=0.20, smile=0.16, lower=0.08), 0.35, 0.50, 80, 60),),
    "Z": (Articulation(1, {**_ALVEOLAR_SIBILANT, "mouthLowerDown": 0.22, "mouthUpperUp": 0.08}, 0.55, 0.85, 80, 70),),
    "ZH": (Articulation(1, {**_POSTALVEOLAR, "mouthFunnel": 0.36}, 0.90, 0.75, 140, 110),),
}
"""Each phone's phases in order; their shares sum to 1."""


def make_row(shape: dict[str, float]) -> FloatArray:
    """(52,) coefficients of a shape."""
    row = np.zeros(len(arkit.CHANNELS), np.float32)
    for stem, value in shape.items():
        row[arkit.indices(arkit.sides(stem))] = value
    return row


PHASES: Final = tuple((phone, phase) for phone in PHONES for phase in ARTICULATIONS[phone])
PHASE_TARGETS: Final = np.stack([make_row(phase.shape) for _, phase in PHASES])
"""(phases, 52) coefficients, in the order of ``PHASES``."""

PHASE_NUMBERS: Final = np.array([(p.lips, p.jaw, p.before / 1000, p.after / 1000) for _, p in PHASES])
"""(phases, 4) dominance of lips and jaw, reach before and after in seconds."""

PHASE_IS_VOWEL: Final = np.array([phone in VOWELS for phone, _ in PHASES])
PHASES_OF: Final[dict[str, tuple[int, ...]]] = {
    name: tuple(i for i, (phone, _) in enumerate(PHASES) if phone == name) for name in PHONES
}
