"""The face controls of Rigify's human rigs, as rows of a mapping: bones that are moved rather than shape keys."""

from collections.abc import Mapping as Names
from typing import Final

import numpy as np

from .mapping import LOCATION, ROTATION, Row, Target

_NEEDS: Final = ("jaw_master", "lips.L", "lips.R", "lip.T", "lip.B")
_Vector = tuple[float, float, float]

_JAW_DEGREES: Final = 20.0
"""By which the jaw turns at jawOpen = 1: 33.5 mm between the lips, 95 mm from the joint (ICT-FaceKit)."""

_MIDDLE: Final[dict[str, dict[str, _Vector]]] = {
    "jaw_master": {"jawLeft": (0.10, 0, 0), "jawRight": (-0.10, 0, 0), "jawForward": (0, -0.12, 0)},
    "lip.T": {
        "mouthClose": (0, 0, -0.12),
        "mouthFunnel": (0, -0.14, 0.10),
        "mouthPucker": (0, -0.16, 0),
        "mouthRollUpper": (0, 0.05, -0.06),
        "mouthShrugUpper": (0, -0.03, 0.10),
        "mouthUpperUpLeft": (0, 0, 0.06),
        "mouthUpperUpRight": (0, 0, 0.06),
        "mouthPressLeft": (0, 0.01, -0.02),
        "mouthPressRight": (0, 0.01, -0.02),
        "mouthLeft": (0.16, 0, 0),
        "mouthRight": (-0.16, 0, 0),
    },
    "lip.B": {
        "mouthClose": (0, 0, 0.55),
        "mouthFunnel": (0, -0.14, -0.12),
        "mouthPucker": (0, -0.16, 0),
        "mouthRollLower": (0, 0.06, 0.08),
        "mouthShrugLower": (0, -0.03, 0.08),
        "mouthLowerDownLeft": (0, 0, -0.07),
        "mouthLowerDownRight": (0, 0, -0.07),
        "mouthPressLeft": (0, 0.01, 0.02),
        "mouthPressRight": (0, 0.01, 0.02),
        "mouthLeft": (0.14, 0, 0),
        "mouthRight": (-0.14, 0, 0),
    },
    "nose_master": {"noseSneerLeft": (0, 0, 0.02), "noseSneerRight": (0, 0, 0.02)},
    "tongue_master": {"tongueOut": (0, -0.45, 0)},
    "eyes": {
        "eyeLookUpLeft": (0, 0, 1.6),
        "eyeLookUpRight": (0, 0, 1.6),
        "eyeLookDownLeft": (0, 0, -1.6),
        "eyeLookDownRight": (0, 0, -1.6),
        "eyeLookOutLeft": (1.6, 0, 0),
        "eyeLookInRight": (1.6, 0, 0),
        "eyeLookInLeft": (-1.6, 0, 0),
        "eyeLookOutRight": (-1.6, 0, 0),
    },
}
_LEFT: Final[dict[str, dict[str, _Vector]]] = {
    "lips.L": {
        "mouthSmileLeft": (0.14, 0.06, 0.14),
        "mouthFrownLeft": (0.02, 0.02, -0.14),
        "mouthStretchLeft": (0.14, 0.06, -0.03),
        "mouthDimpleLeft": (0.06, 0.08, 0),
        "mouthPucker": (-0.14, -0.10, 0),
        "mouthFunnel": (-0.08, -0.08, 0),
        "mouthLeft": (0.14, 0, 0),
        "mouthRight": (-0.14, 0, 0),
    },
    "lip.T.L.001": {
        "mouthClose": (0, 0, -0.08),
        "mouthUpperUpLeft": (0, 0, 0.15),
        "mouthFunnel": (-0.02, -0.12, 0.08),
        "mouthPucker": (-0.05, -0.14, 0),
        "mouthSmileLeft": (0.03, 0, 0.04),
    },
    "lip.B.L.001": {
        "mouthClose": (0, 0, 0.40),
        "mouthLowerDownLeft": (0, 0, -0.14),
        "mouthFunnel": (-0.02, -0.12, -0.10),
        "mouthPucker": (-0.05, -0.14, 0),
        "mouthSmileLeft": (0.03, 0, 0.02),
    },
    "lid.T.L.002": {"eyeWideLeft": (0, 0, 0.06)},
    "lid.B.L.002": {"eyeSquintLeft": (0, 0, 0.07)},
    "brow.T.L": {"browOuterUpLeft": (0, 0, 0.12), "browDownLeft": (0, 0, -0.06)},
    "brow.T.L.001": {"browOuterUpLeft": (0, 0, 0.16), "browDownLeft": (0, 0, -0.10)},
    "brow.T.L.002": {"browInnerUp": (0, 0, 0.10), "browDownLeft": (-0.02, 0, -0.14)},
    "brow.T.L.003": {"browInnerUp": (0, 0, 0.18), "browDownLeft": (-0.04, 0, -0.16)},
    "cheek.B.L.001": {"cheekPuff": (0.12, -0.08, 0)},
    "cheek.T.L.001": {"cheekSquintLeft": (0, -0.02, 0.10)},
    "nose.L.001": {"noseSneerLeft": (0.02, 0, 0.06)},
}
"""Bone -> channel -> how far it moves at 1 (x to the actor's left, -y forward, z up), in widths of the mouth."""

_BLINK_UPPER: Final = 0.8
"""The upper lid's share of the way that closes the eye."""


def rigify_rows(bones: Names[str, tuple[np.ndarray, np.ndarray]]) -> tuple[Row, ...]:
    """The rows for a rig; none if it has no face of Rigify.

    Args:
        bones: by name, (3,) where the bone begins and (3, 3) its axes as columns, at rest, in the armature's space.
    """
    if not all(name in bones for name in _NEEDS):
        return ()
    width = float(np.linalg.norm(bones["lips.L"][0] - bones["lips.R"][0]))
    moves = {bone: dict(channels) for bone, channels in (_MIDDLE | _LEFT).items()}
    moves |= {_mirrored(bone): {_other(c): (-x, y, z) for c, (x, y, z) in m.items()} for bone, m in _LEFT.items()}
    scaled = {bone: {c: width * np.array(move) for c, move in m.items()} for bone, m in moves.items()}
    for letter, side in (("L", "Left"), ("R", "Right")):
        upper, lower = f"lid.T.{letter}.002", f"lid.B.{letter}.002"
        if upper in bones and lower in bones:
            way = bones[lower][0] - bones[upper][0]
            scaled[upper][f"eyeBlink{side}"] = _BLINK_UPPER * way
            scaled[lower][f"eyeBlink{side}"] = (_BLINK_UPPER - 1) * way
    rows = _jaw_rows(bones["jaw_master"][1])
    for bone, channels in scaled.items():
        if bone not in bones:
            continue
        axes = bones[bone][1]
        for axis in range(3):
            parts = [(channel, round(float(axes[:, axis] @ move), 6)) for channel, move in channels.items()]
            sources = tuple((channel, part) for channel, part in parts if part)
            if sources:
                rows.append(Row(Target(LOCATION, bone, axis), sources))
    return tuple(rows)


def _jaw_rows(axes: np.ndarray) -> list[Row]:
    """Turning the chin down is a positive rotation about the axis to the actor's left."""
    parts = [round(float(part), 6) for part in np.radians(_JAW_DEGREES) * axes[0]]
    return [Row(Target(ROTATION, "jaw_master", axis), (("jawOpen", part),)) for axis, part in enumerate(parts) if part]


def _mirrored(bone: str) -> str:
    return bone.replace(".L", ".R")


def _other(channel: str) -> str:
    if channel.endswith("Left"):
        return channel[:-4] + "Right"
    return channel[:-5] + "Left" if channel.endswith("Right") else channel
