"""Head rotation in degrees to the rotation channels of a rig's head bone, and back."""

from collections.abc import Sequence

import bpy
import numpy as np
from mathutils import Quaternion

from ..face.head_rotation import degrees_of

_PATHS = {"QUATERNION": "rotation_quaternion", "AXIS_ANGLE": "rotation_axis_angle"}


def rotation_path(bone: bpy.types.PoseBone) -> str:
    """The data path of the bone's rotation in its own rotation mode."""
    return bone.path_from_id(_PATHS.get(bone.rotation_mode, "rotation_euler"))


def rotation_values(degrees: np.ndarray, bone: bpy.types.PoseBone) -> np.ndarray:
    """The values to key on the bone for a head rotation.

    The rest pose is assumed to look along -Y with Z up, or along +Z with Y up (rigs imported from FBX): the one that is
    closer to the direction of the head bone.

    Args:
        degrees: (frames, 3) pitch (+ chin down), yaw and roll (+ to the actor's left).
        bone: the head bone; its rotation mode decides the channels.

    Returns:
        (frames, 4) quaternions or axis-angles, or (frames, 3) Euler angles, in radians.
    """
    rest, up, back = _directions(bone)
    pitch, yaw, roll = np.radians(np.asarray(degrees, np.float64)).T
    turned = _product(_about(up, yaw), _product(_about([1, 0, 0], pitch), _about(back, roll)))
    turned[:, 1:] = turned[:, 1:] @ rest
    if bone.rotation_mode == "QUATERNION":
        return turned
    if bone.rotation_mode == "AXIS_ANGLE":
        return np.array([(angle, *axis[:]) for axis, angle in (Quaternion(q).to_axis_angle() for q in turned)])
    return np.array([Quaternion(q).to_euler(bone.rotation_mode) for q in turned])


def degrees_from(turns: np.ndarray, bone: bpy.types.PoseBone) -> np.ndarray:
    """The head rotation of a bone: the inverse of ``rotation_values``.

    Args:
        turns: (frames, 3, 3) rotations of the bone about its own axes.
        bone: the head bone.

    Returns:
        (frames, 3) pitch, yaw and roll in degrees.
    """
    rest, up, back = _directions(bone)
    face = np.array([[1, 0, 0], up, np.negative(back)])
    axes = face @ rest
    return degrees_of(axes @ turns @ axes.T)


def _directions(bone: bpy.types.PoseBone) -> tuple[np.ndarray, list[int], list[int]]:
    """(3, 3) the bone's axes at rest as columns, and which way is up and which is back."""
    rest = np.array(bone.bone.matrix_local.to_3x3().normalized())
    return (rest, [0, 0, 1], [0, 1, 0]) if abs(rest[2, 1]) >= abs(rest[1, 1]) else (rest, [0, 1, 0], [0, 0, -1])


def _about(axis: Sequence[float], angle: np.ndarray) -> np.ndarray:
    """(frames, 4) quaternions of rotations about one axis by ``angle`` radians."""
    return np.column_stack([np.cos(angle / 2), np.sin(angle / 2)[:, None] * np.asarray(axis)])


def _product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(frames, 4) Hamilton products: first ``b``, then ``a``."""
    real = a[:, :1] * b[:, :1] - np.sum(a[:, 1:] * b[:, 1:], axis=1, keepdims=True)
    imaginary = a[:, :1] * b[:, 1:] + b[:, :1] * a[:, 1:] + np.cross(a[:, 1:], b[:, 1:])
    return np.hstack([real, imaginary])
