"""Writes the curves of a performance to F-curves, thousands of keys at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import bpy
import numpy as np

from ..face.basis import Basis
from ..face.closures import kept_frames
from ..face.curves import FaceCurves
from ..face.key_reduction import SparseKeys, reduce_curves
from .head_bones import rotation_path, rotation_values

_HEAD_TOLERANCE: Final = 0.5
"""Radians of head rotation per unit of key tolerance: 0.004 becomes a tenth of a degree."""


@dataclass(frozen=True)
class Timing:
    """Maps the frames of the model to the scene's timeline.

    Attributes:
        first: the scene frame at which the sound starts; can be fractional.
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


def tolerance_for(owner: str, tolerance: float) -> float:
    """The tolerance of curves of shape keys ("KEY") or of a bone's rotation ("OBJECT")."""
    return tolerance * _HEAD_TOLERANCE if owner == "OBJECT" else tolerance


def choose_keys(values: np.ndarray, tolerance: float, kept: Mapping[int, np.ndarray] | None = None) -> list[SparseKeys]:
    """The keys of each column: every sample if the tolerance is 0, otherwise few, those to be kept among them."""
    if not tolerance:
        return [SparseKeys(np.arange(len(values)), column) for column in values.T]
    return reduce_curves(values, tolerance, kept)


def choose_face_keys(face: FaceCurves, tolerance: float) -> dict[str, SparseKeys]:
    """The keys of each channel. Slow for long lines, but it uses no Blender data and can run in a thread."""
    kept = kept_frames(face) if tolerance else {}
    by_column = {face.basis.index[channel]: frames for channel, frames in kept.items()}
    return dict(zip(face.channels, choose_keys(face.values, tolerance, by_column), strict=True))


def write_face(
    target: Any, keys: Mapping[str, SparseKeys], basis: Basis, shape_keys: Mapping[str, tuple[str, ...]], timing: Timing
) -> int:
    """Write coefficients to the values of shape keys.

    Args:
        target: the result of ``actions.new_curves``, or of ``actions.curves_to_rewrite``.
        keys: of each channel that is to be animated.
        basis: of the channels; each of its regions becomes a group.
        shape_keys: channel -> names of its shape keys.
        timing: of the samples.

    Returns:
        The number of keys written.
    """
    written = 0
    region_of = {channel: region.title() for region, channels in basis.regions.items() for channel in channels}
    for channel, names in shape_keys.items():
        if channel not in keys:
            continue
        for name in names:
            path = f'key_blocks["{bpy.utils.escape_identifier(name)}"].value'
            curve = curve_at(target, path, 0, region_of.get(channel, "Face"))
            written += write_keys(curve, keys[channel], timing)
    return written


def write_head(target: Any, head: FaceCurves, bone: bpy.types.PoseBone, timing: Timing, tolerance: float) -> int:
    """Write the head's rotation to a bone, in the bone's own rotation mode. Returns the number of keys written."""
    written = 0
    for index, keys in enumerate(choose_keys(rotation_values(head.values, bone), tolerance_for("OBJECT", tolerance))):
        curve = curve_at(target, rotation_path(bone), index, bone.name)
        written += write_keys(curve, keys, timing)
    return written


def curve_at(target: Any, path: str, index: int, group: str) -> bpy.types.FCurve:
    """The curve that is there, or a new one in this group."""
    curve: bpy.types.FCurve | None = target.fcurves.find(path, index=index)
    if curve is None:
        curve = target.fcurves.new(path, index=index)
        curve.group = target.groups.get(group) or target.groups.new(group)
    return curve


def write_keys(curve: bpy.types.FCurve, keys: SparseKeys, timing: Timing) -> int:
    """Replace the keys of an F-curve by these, whose frames are samples. Returns how many they are."""
    write_curve(curve, keys.moved(timing.step, timing.first))
    return len(keys.frames)


def write_curve(curve: bpy.types.FCurve, keys: SparseKeys) -> None:
    """Replace the keys of an F-curve by these, whose frames are those of the scene."""
    points = curve.keyframe_points
    points.clear()
    points.add(len(keys.frames))
    _set_pairs(points, "co", keys.frames, keys.values)
    if keys.slopes is None:
        _set_enum(points, "interpolation", "LINEAR")
    else:
        _set_enum(points, "interpolation", "BEZIER")
        _set_handles(points, keys.frames, keys.values, keys.slopes)
    curve.update()


def _set_handles(points: Any, frames: np.ndarray, values: np.ndarray, slopes: np.ndarray) -> None:
    """Handles a third of the way to the neighbours give exactly the cubic that the keys were chosen for."""
    thirds = np.diff(frames) / 3
    before, after = np.append(thirds[:1], thirds), np.append(thirds, thirds[-1:])
    if not len(thirds):
        before = after = np.ones(1)
    _set_pairs(points, "handle_left", frames - before, values - slopes * before)
    _set_pairs(points, "handle_right", frames + after, values + slopes * after)
    _set_enum(points, "handle_left_type", "ALIGNED")
    _set_enum(points, "handle_right_type", "ALIGNED")


def _set_pairs(points: Any, attribute: str, frames: np.ndarray, values: np.ndarray) -> None:
    points.foreach_set(attribute, np.stack([frames, values], axis=1).astype(np.float32).ravel())


def _set_enum(points: Any, attribute: str, value: str) -> None:
    points.foreach_set(attribute, np.full(len(points), enum_number(attribute, value), np.int32))


def enum_number(attribute: str, value: str) -> int:
    """How Blender stores a choice of a key, e.g. its interpolation."""
    # The stubs have no kinds of properties here, and only this kind has items.
    rna: Any = bpy.types.Keyframe.bl_rna.properties[attribute]
    return int(rna.enum_items[value].value)
