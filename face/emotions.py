"""Eight emotions and their effect on a face at rest and while speaking.

The prototypes come from the action units of EMFACS and Du et al. (PNAS 2014), translated to ARKit
coefficients; magnitudes are the project's own proposal, checked for lip collisions on ICT-FaceKit.
"""

from typing import Final

import numpy as np

from . import arkit

EMOTIONS: Final[tuple[str, ...]] = ("neutral", "happy", "sad", "surprise", "fear", "disgust", "anger", "contempt")
NEUTRAL: Final = EMOTIONS[0]
"""AffectNet's and MEAD's eight classes, in the order of every (frames, 8) array of emotion weights."""

ALIASES: Final[dict[str, str]] = {
    "angry": "anger",
    "disgusted": "disgust",
    "afraid": "fear",
    "fearful": "fear",
    "scared": "fear",
    "joy": "happy",
    "happiness": "happy",
    "sadness": "sad",
    "surprised": "surprise",
    "contemptuous": "contempt",
    "calm": "neutral",
}
"""Other names of the emotions -> the class."""

BY_NAME: Final[dict[str, str]] = {**{name: name for name in EMOTIONS}, **ALIASES}
"""All names of the emotions, their own among them -> the class."""

_STEM_VALUES: Final[dict[str, dict[str, float]]] = {
    "neutral": {},
    "happy": {
        "browInnerUp": 0.05,
        "browOuterUp": 0.08,
        "eyeSquint": 0.25,
        "eyeBlink": 0.03,
        "cheekSquint": 0.60,
        "mouthSmile": 0.70,
        "mouthDimple": 0.08,
        "mouthUpperUp": 0.15,
        "mouthLowerDown": 0.05,
        "jawOpen": 0.06,
    },
    "sad": {
        "browInnerUp": 0.75,
        "browDown": 0.25,
        "eyeSquint": 0.15,
        "eyeBlink": 0.12,
        "eyeLookDown": 0.20,
        "cheekSquint": 0.10,
        "mouthFrown": 0.55,
        "mouthStretch": 0.08,
        "mouthPress": 0.05,
        "mouthShrugLower": 0.25,
        "mouthShrugUpper": 0.12,
    },
    "surprise": {
        "browInnerUp": 0.80,
        "browOuterUp": 0.75,
        "eyeWide": 0.60,
        "mouthUpperUp": 0.05,
        "mouthLowerDown": 0.05,
        "jawOpen": 0.40,
    },
    "fear": {
        "browInnerUp": 0.80,
        "browOuterUp": 0.40,
        "browDown": 0.30,
        "eyeWide": 0.65,
        "eyeSquint": 0.15,
        "mouthFrown": 0.10,
        "mouthStretch": 0.55,
        "mouthUpperUp": 0.05,
        "mouthLowerDown": 0.20,
        "jawOpen": 0.18,
    },
    "disgust": {
        "browDown": 0.40,
        "eyeSquint": 0.30,
        "eyeBlink": 0.05,
        "cheekSquint": 0.25,
        "noseSneer": 0.75,
        "mouthFrown": 0.30,
        "mouthStretch": 0.10,
        "mouthUpperUp": 0.45,
        "mouthLowerDown": 0.15,
        "mouthShrugLower": 0.35,
        "mouthShrugUpper": 0.10,
        "jawOpen": 0.05,
    },
    "anger": {
        "browDown": 0.85,
        "eyeWide": 0.25,
        "eyeSquint": 0.40,
        "cheekSquint": 0.10,
        "noseSneer": 0.25,
        "mouthFrown": 0.20,
        "mouthUpperUp": 0.10,
        "mouthLowerDown": 0.05,
        "mouthPress": 0.50,
        "mouthRollLower": 0.10,
        "mouthRollUpper": 0.10,
        "mouthShrugLower": 0.20,
        "jawForward": 0.12,
    },
    "contempt": {
        "browOuterUpRight": 0.15,
        "browDown": 0.10,
        "eyeSquint": 0.12,
        "eyeBlink": 0.08,
        "eyeLookDown": 0.05,
        "cheekSquintRight": 0.10,
        "noseSneerRight": 0.10,
        "mouthSmileRight": 0.30,
        "mouthDimpleLeft": 0.05,
        "mouthDimpleRight": 0.55,
        "mouthUpperUpRight": 0.12,
        "mouthPress": 0.15,
        "mouthShrugLower": 0.08,
    },
}

_SHARED_WITH_SPEECH: Final = (
    "mouthUpperUp",
    "mouthLowerDown",
    "mouthPress",
    "mouthRollLower",
    "mouthRollUpper",
    "mouthShrugLower",
    "mouthShrugUpper",
    "jawOpen",
)
_MOUTH_CORNERS: Final = ("mouthSmile", "mouthFrown", "mouthDimple", "mouthStretch")
_SPEECH_SHARE: Final = 0.3
_CORNER_SHARE: Final = 0.6
MOUTH_EXPONENT: Final = 0.8
"""Exponent of the emotion weight at the mouth; brows and eyes follow the weight linearly."""


PROTOTYPES: Final = np.stack([arkit.row(_STEM_VALUES[emotion]) for emotion in EMOTIONS])
"""(8, 52) coefficients of each emotion at full intensity, mouth at rest."""

SPEAKING_SHARE: Final = arkit.row(
    dict.fromkeys(_SHARED_WITH_SPEECH, _SPEECH_SHARE) | dict.fromkeys(_MOUTH_CORNERS, _CORNER_SHARE), default=1.0
)
"""(52,) share of a prototype that is kept while speaking."""

IS_MOUTH: Final = np.array([name.startswith(("mouth", "jaw")) for name in arkit.CHANNELS])
"""(52,) which coefficients an emotion shares with speech."""


def emotion_offsets(weights: np.ndarray, speaking: np.ndarray) -> np.ndarray:
    """Offsets that the emotions add to a neutral face.

    Args:
        weights: (frames, 8) effective emotion weights, 0 and up (1 = the full prototype).
        speaking: (frames,) 0 = mouth at rest, 1 = speaking.

    Returns:
        (frames, 52) float32 offsets: brows and eyes linear in the weight, mouth with the exponent 0.8.
    """
    weights = np.maximum(np.asarray(weights, np.float32), 0)
    upper = weights @ np.where(IS_MOUTH, 0, PROTOTYPES)
    mouth = weights**MOUTH_EXPONENT @ np.where(IS_MOUTH, PROTOTYPES, 0)
    share = 1 + np.asarray(speaking, np.float32)[:, None] * (SPEAKING_SHARE - 1)
    return ((upper + mouth) * share).astype(np.float32)


_HEAD_POSES: Final[dict[str, tuple[float, float, float]]] = {
    "happy": (-2, 0, 2),
    "sad": (5, 0, 0),
    "surprise": (-3, 0, 0),
    "fear": (-4, 0, 0),
    "disgust": (-3, 0, 3),
    "anger": (4, 0, 0),
    "contempt": (-5, 0, 4),
}
HEAD_POSES: Final = np.array([_HEAD_POSES.get(name, (0, 0, 0)) for name in EMOTIONS], np.float32)
"""(8, 3) head pitch, yaw and roll in degrees that go with each emotion at full intensity."""

_HEAD_ENERGY: Final[dict[str, float]] = {"happy": 1.3, "anger": 1.3, "surprise": 1.1, "sad": 0.6}
HEAD_ENERGY: Final = np.array([_HEAD_ENERGY.get(name, 1.0) for name in EMOTIONS], np.float32)
"""(8,) gain of head motion under each emotion."""
