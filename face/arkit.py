"""The 52 ARKit blendshape coefficients: names, order, regions, symmetry.

The order is alphabetical, as in EmoTalk's released code and 3D-ETF. Every other list of these
names in the project is derived from this one.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np

CHANNELS: Final[tuple[str, ...]] = (
    "browDownLeft",
    "browDownRight",
    "browInnerUp",
    "browOuterUpLeft",
    "browOuterUpRight",
    "cheekPuff",
    "cheekSquintLeft",
    "cheekSquintRight",
    "eyeBlinkLeft",
    "eyeBlinkRight",
    "eyeLookDownLeft",
    "eyeLookDownRight",
    "eyeLookInLeft",
    "eyeLookInRight",
    "eyeLookOutLeft",
    "eyeLookOutRight",
    "eyeLookUpLeft",
    "eyeLookUpRight",
    "eyeSquintLeft",
    "eyeSquintRight",
    "eyeWideLeft",
    "eyeWideRight",
    "jawForward",
    "jawLeft",
    "jawOpen",
    "jawRight",
    "mouthClose",
    "mouthDimpleLeft",
    "mouthDimpleRight",
    "mouthFrownLeft",
    "mouthFrownRight",
    "mouthFunnel",
    "mouthLeft",
    "mouthLowerDownLeft",
    "mouthLowerDownRight",
    "mouthPressLeft",
    "mouthPressRight",
    "mouthPucker",
    "mouthRight",
    "mouthRollLower",
    "mouthRollUpper",
    "mouthShrugLower",
    "mouthShrugUpper",
    "mouthSmileLeft",
    "mouthSmileRight",
    "mouthStretchLeft",
    "mouthStretchRight",
    "mouthUpperUpLeft",
    "mouthUpperUpRight",
    "noseSneerLeft",
    "noseSneerRight",
    "tongueOut",
)
INDEX: Final[dict[str, int]] = {name: i for i, name in enumerate(CHANNELS)}

HEAD_CHANNELS: Final[tuple[str, ...]] = ("headPitch", "headYaw", "headRoll")
"""Head rotation in degrees; pitch + is chin down, yaw + turns and roll + tilts to the actor's left."""

EYE_CHANNELS: Final[tuple[str, ...]] = ("blinkLeft", "blinkRight", "lookLeft", "lookUp")
"""Eye motion added to the network's own curves: closure of each lid, 0 to 1, and the gaze of both eyes."""

LOOK_DEGREES: Final = 30.0
"""How far an eye turns when its look channel is 1; look + is to the actor's left, and up."""

REGIONS: Final[dict[str, tuple[str, ...]]] = {
    "brows": tuple(n for n in CHANNELS if n.startswith("brow")),
    "lids": tuple(n for n in CHANNELS if n.startswith(("eyeBlink", "eyeSquint", "eyeWide"))),
    "gaze": tuple(n for n in CHANNELS if n.startswith("eyeLook")),
    "cheeks": tuple(n for n in CHANNELS if n.startswith(("cheek", "nose"))),
    "jaw": tuple(n for n in CHANNELS if n.startswith("jaw")),
    "lips": tuple(n for n in CHANNELS if n.startswith("mouth")),
    "tongue": ("tongueOut",),
}

SEAL_FACTOR: Final = 0.84
"""mouthClose = SEAL_FACTOR x jawOpen brings the lips together exactly (measured on ICT-FaceKit; our head keeps it)."""


def indices(names: Iterable[str]) -> list[int]:
    """Column numbers of the named channels."""
    return [INDEX[name] for name in names]


def mirrored(name: str) -> str:
    """The channel's counterpart on the other side of the face; itself if it has none."""
    if name.endswith("Left"):
        return name[: -len("Left")] + "Right"
    if name.endswith("Right"):
        return name[: -len("Right")] + "Left"
    return name


def sides(stem: str) -> tuple[str, ...]:
    """The one or two channels of a stem: ``mouthSmile`` gives both sides, ``jawOpen`` itself.

    Raises:
        KeyError: no channel has this stem.
    """
    if stem in INDEX:
        return (stem,)
    pair = (stem + "Left", stem + "Right")
    if pair[0] not in INDEX:
        raise KeyError(f"{stem!r} is not an ARKit channel")
    return pair


def row(stems: Mapping[str, float], default: float = 0.0) -> np.ndarray:
    """(52,) float32 with the value of each stem on one side or both, ``default`` elsewhere.

    Raises:
        KeyError: no channel has such a stem.
    """
    values = np.full(len(CHANNELS), default, np.float32)
    for stem, value in stems.items():
        values[indices(sides(stem))] = value
    return values
