"""Curves of a performance to F-curves, thousands of keys at a time."""

from dataclasses import dataclass
from typing import Any, Final

import bpy
import numpy as np

from ..face import arkit
from ..face.curves import FaceCurves
from ..face.simplify import thin
from .head_bones import rotation_path, rotation_values

_GROUP_OF: Final = {channel: region.title() for region, channels in arkit.REGIONS.items() for channel in channels}
_HEAD_TOLERANCE: Final = 0.5
"""What one unit of key tolerance is worth in head rotation (radians): 0.004 becomes a tenth of a degree."""


@dataclass(frozen=True)
class Timing:
    """Where the frames of the model fall on the scene's timeline.

    Attributes:
        first: the scene frame at which the sound starts; may have a fraction.
        step: scene frames per frame of the model, e.g. 0.8 for a 30 fps model in a 24 fps scene.
    """

    first: float
    step: float

    @classmethod
    def of(cls, scene: bpy.types.Scene, start_frame: float, model_fps: float) -> "Timing":
        """The timing of a line that starts at a frame of this scene."""
        return cls(start_frame, frame_rate(scene) / model_fps)

    def frames(self, samples: np.ndarray) -> np.ndarray:
        """Scene frames of these sample numbers."""
        return self.first + np.asarray(samples, np.float64) * self.step


def frame_rate(scene: bpy.types.Scene) -> float:
    """Frames per second of a scene, fractional rates included."""
    return scene.render.fps / scene.render.fps_base


def write_face(
    target: Any, face: FaceCurves, shape_keys: dict[str, tuple[str, ...]], timing: Timing, tolerance: float
) -> int:
    """Write the coefficients to the values of shape keys.

    Args:
        target: what ``actions.new_curves`` made.
        face: the coefficients.
        shape_keys: channel -> names of the shape keys that carry it.
        timing: where the samples lie.
        tolerance: largest error of the thinned curves; 0 writes every sample.

    Returns:
        How many keys were written.
    """
    keys = 0
    groups: dict[str, Any] = {}
    for channel, names in shape_keys.items():
        group = _GROUP_OF[channel]
        if group not in groups:
            groups[group] = target.groups.new(group)
        for name in names:
            curve = target.fcurves.new(f'key_blocks["{bpy.utils.escape_identifier(name)}"].value')
            curve.group = groups[group]
            keys += _write(curve, face.channel(channel), timing, tolerance)
    return keys


def write_head(target: Any, head: FaceCurves, bone: bpy.types.PoseBone, timing: Timing, tolerance: float) -> int:
    """Write the head's rotation to a bone, in the bone's own rotation mode. Returns how many keys were written."""
    group = target.groups.new(bone.name)
    keys = 0
    for index, column in enumerate(rotation_values(head.values, bone).T):
        curve = target.fcurves.new(rotation_path(bone), index=index)
        curve.group = group
        keys += _write(curve, column, timing, tolerance * _HEAD_TOLERANCE)
    return keys


def _write(curve: bpy.types.FCurve, values: np.ndarray, timing: Timing, tolerance: float) -> int:
    return _write_thinned(curve, values, timing, tolerance) if tolerance else _write_dense(curve, values, timing)


def _write_dense(curve: bpy.types.FCurve, values: np.ndarray, timing: Timing) -> int:
    points = curve.keyframe_points
    points.add(len(values))
    _set_pairs(points, "co", timing.frames(np.arange(len(values))), values)
    points.foreach_set("interpolation", np.full(len(values), _enum("interpolation", "LINEAR"), np.int32))
    curve.update()
    return len(values)


def _write_thinned(curve: bpy.types.FCurve, values: np.ndarray, timing: Timing, tolerance: float) -> int:
    keys = thin(values, tolerance)
    frames, slopes = timing.frames(keys.frames), keys.slopes / timing.step
    spans = np.diff(frames) / 3
    before, after = np.append(spans[:1], spans), np.append(spans, spans[-1:])
    if not len(spans):
        before = after = np.ones(1)
    points = curve.keyframe_points
    points.add(len(frames))
    _set_pairs(points, "co", frames, keys.values)
    _set_pairs(points, "handle_left", frames - before, keys.values - slopes * before)
    _set_pairs(points, "handle_right", frames + after, keys.values + slopes * after)
    for side in ("handle_left_type", "handle_right_type"):
        points.foreach_set(side, np.full(len(frames), _enum(side, "ALIGNED"), np.int32))
    curve.update()
    return len(frames)


def _set_pairs(points: Any, attribute: str, frames: np.ndarray, values: np.ndarray) -> None:
    points.foreach_set(attribute, np.stack([frames, values], axis=1).astype(np.float32).ravel())


def _enum(name: str, value: str) -> int:
    return bpy.types.Keyframe.bl_rna.properties[name].enum_items[value].value
