"""Reads F-curves as keys and copies them whole: handles, interpolation, modifiers and all."""

from typing import Any, Final

import bpy
import numpy as np

from ..face.key_reduction import SparseKeys
from .keyframes import enum_number

_PAIRS: Final = ("co", "handle_left", "handle_right")
_NUMBERS: Final = ("interpolation", "easing", "handle_left_type", "handle_right_type", "type")
_FLOATS: Final = ("back", "amplitude", "period")
_FLAGS: Final = ("select_control_point", "select_left_handle", "select_right_handle")
_SETTINGS: Final = ("mute", "lock", "hide", "extrapolation", "color_mode", "color", "auto_smoothing")


def keys_of(curve: bpy.types.FCurve) -> SparseKeys:
    """The keys of a curve as we write them: straight lines if the first key has them, else by the right handles."""
    points = curve.keyframe_points
    co, right = pairs(points, "co"), pairs(points, "handle_right")
    if points[0].interpolation == "LINEAR":
        return SparseKeys(co[:, 0], co[:, 1])
    length = right[:, 0] - co[:, 0]
    slopes = np.divide(right[:, 1] - co[:, 1], length, out=np.zeros(len(co)), where=length > 0)
    return SparseKeys(co[:, 0], co[:, 1], slopes)


def pairs(points: Any, attribute: str) -> np.ndarray:
    """(keys, 2) float64 frames and values of keys or their handles."""
    numbers = np.empty(2 * len(points), np.float32)
    points.foreach_get(attribute, numbers)
    return numbers.reshape(-1, 2).astype(np.float64)


def is_plain(curve: bpy.types.FCurve) -> bool:
    """Whether all keys are of the kind that we write: all lines, or all Bezier curves with aligned handles."""
    if _all_are(curve.keyframe_points, "interpolation", "LINEAR"):
        return True
    wanted = (("interpolation", "BEZIER"), ("handle_left_type", "ALIGNED"), ("handle_right_type", "ALIGNED"))
    return all(_all_are(curve.keyframe_points, attribute, value) for attribute, value in wanted)


def _all_are(points: Any, attribute: str, value: str) -> bool:
    numbers = np.empty(len(points), np.int32)
    points.foreach_get(attribute, numbers)
    return bool((numbers == enum_number(attribute, value)).all())


def sample(curve: bpy.types.FCurve, frames: np.ndarray) -> np.ndarray:
    """(frames,) the curve that the keys draw, without its modifiers."""
    muted = [modifier for modifier in curve.modifiers if not modifier.mute]
    for modifier in muted:
        modifier.mute = True
    values = np.array([curve.evaluate(frame) for frame in frames.tolist()])
    for modifier in muted:
        modifier.mute = False
    return values


def copy_keys(source: bpy.types.FCurve, target: bpy.types.FCurve, scale: float = 1, shift: float = 0) -> None:
    """Replace the keys of a curve by those of another one, with frame f at ``f * scale + shift``."""
    points = copied_points(source.keyframe_points)
    for attribute in _PAIRS:
        frames = points[attribute][:, 0].astype(np.float64)
        points[attribute][:, 0] = frames * scale + shift
    set_points(target, points)


def copied_points(points: Any) -> dict[str, np.ndarray]:
    """All about keys by attribute: (keys, 2) or (keys,) each."""
    copied: dict[str, np.ndarray] = {}
    for attribute in (*_PAIRS, *_NUMBERS, *_FLOATS, *_FLAGS):
        kind = np.int32 if attribute in _NUMBERS else bool if attribute in _FLAGS else np.float32
        values = np.empty(len(points) * (1 + (attribute in _PAIRS)), kind)
        points.foreach_get(attribute, values)
        copied[attribute] = values.reshape(-1, 2) if attribute in _PAIRS else values
    return copied


def set_points(curve: bpy.types.FCurve, points: dict[str, np.ndarray]) -> None:
    """Replace the keys of a curve by copied ones."""
    keys = curve.keyframe_points
    keys.clear()
    keys.add(len(points["co"]))
    for attribute, values in points.items():
        keys.foreach_set(attribute, values.ravel())
    curve.update()
    for attribute in _PAIRS[1:]:  # which the update has moved by rounding
        keys.foreach_set(attribute, points[attribute].ravel())


def copy_settings(source: bpy.types.FCurve, target: bpy.types.FCurve) -> None:
    """Mute, lock, extrapolation and so on, and the modifiers."""
    for name in _SETTINGS:
        # Blender computes handles again after a change, even to the same value.
        if getattr(target, name) != getattr(source, name):
            setattr(target, name, getattr(source, name))
    for modifier in source.modifiers:
        copy = target.modifiers.new(modifier.type)
        for prop in modifier.bl_rna.properties:
            if not prop.is_readonly and prop.identifier not in ("name", "type"):
                setattr(copy, prop.identifier, getattr(modifier, prop.identifier))
        if isinstance(modifier, bpy.types.FModifierEnvelope) and isinstance(copy, bpy.types.FModifierEnvelope):
            for point in modifier.control_points:
                added = copy.control_points.add(point.frame)
                added.min, added.max = point.min, point.max
