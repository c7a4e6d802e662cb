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


def set_points(curve: bpy.types.FCurve, points: dict[str, np.ndarray], exact: np.ndarray | None = None) -> None:
    """Replace the keys of a curve.

    Args:
        curve: to change.
        points: of ``copied_points``.
        exact: (keys,) whether the handles of a key shall be those given to the last bit, which an update moves by
            rounding; all of them if not given.
    """
    keys = curve.keyframe_points
    keys.clear()
    keys.add(len(points["co"]))
    for attribute, values in points.items():
        keys.foreach_set(attribute, values.ravel())
    curve.update()
    for attribute in _PAIRS[1:]:
        handles = points[attribute]
        if exact is not None:
            handles = pairs(keys, attribute).astype(np.float32)
            handles[exact] = points[attribute][exact]
        keys.foreach_set(attribute, handles.ravel())


def spliced_points(
    points: dict[str, np.ndarray], keys: SparseKeys, first: float, last: float
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """All about the keys of a curve that is new between two frames.

    Args:
        points: of the curve before.
        keys: of the new curve, the same as before outside of the two frames.
        first: where the new part begins, at a key.
        last: where it ends, at a key.

    Returns:
        Keys outside keep everything that they had; those at the ends only what points outwards.
        And for each key whether it lies outside.
    """
    plain = plain_points(keys)
    frames, old = keys.frames, points["co"][:, 0].astype(np.float64)
    near = 1e-3
    exact = np.zeros(len(frames), bool)
    for is_left, edge in ((True, first), (False, last)):
        sources = np.flatnonzero(old <= edge + near if is_left else old >= edge - near)
        targets = np.flatnonzero(frames <= edge + near if is_left else frames >= edge - near)
        if len(sources) != len(targets):
            continue  # the curve had no key at this edge: it has one now
        beyond = np.abs(frames[targets] - edge) > near
        exact[targets[beyond]] = True
        inner = "handle_right" if is_left else "handle_left"
        for attribute, values in plain.items():
            chosen = beyond if attribute == inner else np.ones(len(targets), bool)
            values[targets[chosen]] = points[attribute][sources[chosen]]
    return plain, exact


def plain_points(keys: SparseKeys) -> dict[str, np.ndarray]:
    """All about keys of the kind that we write: lines, or Bezier curves with aligned handles."""
    count, kind = len(keys.frames), "LINEAR" if keys.slopes is None else "BEZIER"
    slopes = np.zeros(count) if keys.slopes is None else keys.slopes
    thirds = np.diff(keys.frames) / 3 if count > 1 else np.ones(1)
    before, after = np.append(thirds[:1], thirds)[:count], np.append(thirds, thirds[-1:])[:count]
    handles = "AUTO_CLAMPED" if keys.slopes is None else "ALIGNED"
    numbers = {
        "interpolation": kind,
        "easing": "AUTO",
        "handle_left_type": handles,
        "handle_right_type": handles,
        "type": "KEYFRAME",
    }
    given = {
        "co": np.stack([keys.frames, keys.values], axis=1),
        "handle_left": np.stack([keys.frames - before, keys.values - slopes * before], axis=1),
        "handle_right": np.stack([keys.frames + after, keys.values + slopes * after], axis=1),
    }
    points = {attribute: pair.astype(np.float32) for attribute, pair in given.items()}
    for attribute, name in numbers.items():
        points[attribute] = np.full(count, enum_number(attribute, name), np.int32)
    points |= {attribute: np.zeros(count, np.float32) for attribute in _FLOATS}
    return points | {attribute: np.zeros(count, bool) for attribute in _FLAGS}


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
