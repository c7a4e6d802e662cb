"""The built-in head, and the poses it must be able to take."""

from dataclasses import dataclass

import numpy as np
import pytest
from emotalk.face import arkit
from emotalk.face.sample_head import SampleHead, build_sample_head

_STEMS = {
    "jaw": "jawOpen",
    "close": "mouthClose",
    "press": "mouthPress",
    "lower": "mouthLowerDown",
    "upper": "mouthUpperUp",
    "stretch": "mouthStretch",
    "smile": "mouthSmile",
    "dimple": "mouthDimple",
    "funnel": "mouthFunnel",
    "pucker": "mouthPucker",
    "roll_lower": "mouthRollLower",
    "roll_upper": "mouthRollUpper",
    "tongue": "tongueOut",
}

# The ARPAbet phones' targets for an Apple-like rig: coefficients, and the lip gap and mouth width in millimetres
# that ICT-FaceKit shows for them where they were measured.
_P = "jaw .08 close .08 press .40 roll_lower .18 roll_upper .14"
_B = "jaw .08 close .08 press .38 roll_lower .18 roll_upper .14"
_M = "jaw .08 close .08 press .28 roll_lower .14 roll_upper .10"
_AA = "jaw .42 lower .18 upper .10"
_EH = "jaw .26 stretch .16 smile .10 lower .20 upper .10"
_IH = "jaw .15 stretch .18 smile .12 lower .14 upper .06"
_IY = "jaw .08 stretch .25 smile .24 dimple .08 lower .18 upper .08"
_AO = "jaw .32 funnel .30 pucker .18"
_UW = "jaw .07 pucker .65 funnel .12"
_SH = "jaw .07 funnel .38 pucker .24 lower .06 upper .06"
_TARGETS = {
    "SIL": ("jaw .02", 1.4, 50.6),
    "AA": (_AA, 16.4, 48.3),
    "AE": ("jaw .34 stretch .16 smile .08 lower .24 upper .14", 14.5, None),
    "AH": ("jaw .24 lower .12 upper .06", 9.9, None),
    "AO": (_AO, 15.3, 45.2),
    "AW end": ("jaw .12 pucker .50 funnel .15", 6.5, None),
    "B": (_B, -1.1, 50.9),
    "CH": ("jaw .07 funnel .34 pucker .22 lower .08 upper .08", 8.7, 45.7),
    "D": ("jaw .10 lower .16 upper .06 stretch .06", 5.5, 50.9),
    "DH": ("jaw .13 tongue .22 lower .14 upper .08 stretch .06", 6.5, 50.8),
    "EH": (_EH, 11.3, 52.8),
    "ER": ("jaw .13 funnel .20 pucker .25", 7.6, 46.0),
    "F": ("jaw .06 roll_lower .45 upper .20 stretch .05", None, 51.4),
    "HH": ("jaw .12 lower .08", 5.2, None),
    "IH": (_IH, 7.0, 53.9),
    "IY": (_IY, 5.1, 57.0),
    "JH": ("jaw .07 funnel .32 pucker .23 lower .07 upper .07", 8.3, None),
    "K": ("jaw .15 lower .12 upper .05", 6.8, 49.9),
    "L": ("jaw .16 lower .13 upper .05", 7.2, None),
    "M": (_M, -0.8, None),
    "N": ("jaw .11 lower .14 upper .05", 5.7, 50.1),
    "NG": ("jaw .14 lower .12 upper .05", 6.5, None),
    "OW": ("jaw .24 funnel .28 pucker .28", 12.3, None),
    "OW end": ("jaw .10 pucker .58 funnel .14", 5.7, None),
    "P": (_P, -1.2, None),
    "R": ("jaw .10 funnel .22 pucker .28", 6.9, 46.0),
    "S": ("jaw .04 stretch .16 smile .10 lower .24 upper .10", 4.4, 54.0),
    "SH": (_SH, 9.0, None),
    "T": ("jaw .09 lower .16 upper .06 stretch .06", 5.2, None),
    "TH": ("jaw .13 tongue .28 lower .14 upper .08 stretch .06", 6.5, 50.8),
    "UH": ("jaw .13 pucker .38 funnel .15", 6.9, None),
    "UW": (_UW, 4.4, 43.4),
    "V": ("jaw .06 roll_lower .40 upper .18 stretch .05", None, None),
    "W": ("jaw .04 pucker .72 funnel .08", 2.8, None),
    "Y": ("jaw .11 stretch .20 smile .16 lower .08", 4.9, 55.0),
    "Z": ("jaw .04 stretch .16 smile .10 lower .22 upper .08", 4.1, None),
    "ZH": ("jaw .07 funnel .36 pucker .24 lower .06 upper .06", 8.7, None),
}


@dataclass(frozen=True)
class Target:
    """What a phone asks of the face, and the millimetres that another head shows for it, None where unmeasured."""

    coefficients: np.ndarray
    gap: float | None
    width: float | None


def pose(**stems: float) -> np.ndarray:
    """(52,) coefficients of a shape given by stems, both sides alike."""
    values = np.zeros(len(arkit.CHANNELS))
    for stem, value in stems.items():
        values[arkit.indices(arkit.sides(stem))] = value
    return values


def _target(row: str, gap: float | None, width: float | None) -> Target:
    words = row.split()
    return Target(pose(**{_STEMS[n]: float(v) for n, v in zip(words[::2], words[1::2], strict=True)}), gap, width)


@pytest.fixture(scope="session")
def head() -> SampleHead:
    return build_sample_head()


@pytest.fixture(scope="session")
def posing():
    """A function from stems to (52,) coefficients."""
    return pose


@pytest.fixture(scope="session")
def phone_targets() -> dict[str, Target]:
    """All different targets of the 39 phones; diphthongs are made of the others."""
    return {phone: _target(*row) for phone, row in _TARGETS.items()}
