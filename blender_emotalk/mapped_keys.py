"""The keys of what a mapping moves: shape keys by more than one channel, bones, custom properties."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import bpy
import numpy as np
from mathutils import Euler, Quaternion, Vector

from ..face.closures import kept_frames
from ..face.curves import FaceCurves, Performance
from ..face.key_reduction import SparseKeys
from ..face.mapping import ROTATION, SHAPE_KEY, SOLVE, Row
from ..face.mapping import Mapping as CharacterMapping
from .controls import data_path
from .head_bones import rotation_path
from .keyframes import Timing, choose_keys, curve_at, write_keys


@dataclass(frozen=True)
class MappedKeys:
    """What a mapping makes of a performance.

    Attributes:
        mapping: that was applied.
        curves: the value of each target.
        keys: of each target by its label.
    """

    mapping: CharacterMapping
    curves: FaceCurves
    keys: Mapping[str, SparseKeys]

    def of_kind(self, *, shape_keys: bool) -> Iterable[tuple[Row, SparseKeys]]:
        """The rows for shape keys, or all others, with their keys."""
        for row in self.mapping.rows:
            if (row.target.kind == SHAPE_KEY) == shape_keys:
                yield row, self.keys[row.target.label]

    def objects(self, holders: Mapping[str, bpy.types.Object]) -> tuple[bpy.types.Object, ...]:
        """The objects whose bones and properties move."""
        return tuple(dict.fromkeys(holders[row.target.object] for row, _keys in self.of_kind(shape_keys=False)))


def choose_mapped_keys(performance: Performance, mapping: CharacterMapping, tolerance: float) -> MappedKeys:
    """Apply a mapping and choose the keys. Slow for long lines, but it uses no Blender data and can run in a thread.

    Args:
        performance: settled, at the rate of its keys.
        mapping: of the character.
        tolerance: in units of coefficients; a target that goes further gets as many times more.
    """
    curves = mapping.apply(performance)
    kept = kept_frames(performance.face) if tolerance and mapping.rows else {}
    needed = {}
    for column, row in enumerate(mapping.rows):
        frames = [kept[channel] for channel in row.channels if channel in kept]
        if frames:
            needed[column] = np.unique(np.concatenate(frames))
    reaches = np.array([_reach(row) for row in mapping.rows])
    chosen = choose_keys(curves.values / reaches, tolerance, needed) if mapping.rows else []
    keys = [_scaled(each, reach) for each, reach in zip(chosen, reaches.tolist(), strict=True)]
    return MappedKeys(mapping, curves, dict(zip(curves.channels, keys, strict=True)))


def _scaled(keys: SparseKeys, factor: float) -> SparseKeys:
    return SparseKeys(keys.frames, keys.values * factor, None if keys.slopes is None else keys.slopes * factor)


def _reach(row: Row) -> float:
    """How far a target goes for one unit of a coefficient."""
    weight = 1.0 if row.combine == SOLVE else max((abs(weight) for _channel, weight in row.sources), default=1.0)
    return abs(row.gain) * weight or 1.0


def write_shape_keys(target: Any, mapped: MappedKeys, timing: Timing) -> int:
    """Write the keys of shape keys.

    Args:
        target: the result of ``actions.new_curves`` or ``actions.curves_to_rewrite`` for shape keys.
        mapped: the keys.
        timing: of the samples.

    Returns:
        The number of keys written.
    """
    written = 0
    for row, keys in mapped.of_kind(shape_keys=True):
        path = f'key_blocks["{bpy.utils.escape_identifier(row.target.name)}"].value'
        written += write_keys(curve_at(target, path, 0, "Face"), keys, timing)
    return written


def write_objects(target: Any, mapped: MappedKeys, holders: Mapping[str, bpy.types.Object], timing: Timing) -> int:
    """Write the keys of bones and custom properties.

    Args:
        target: the result of ``actions.new_curves`` or ``actions.curves_to_rewrite`` for objects.
        mapped: the keys.
        holders: the objects of the targets.
        timing: of the samples.

    Returns:
        The number of keys written.
    """
    written = 0
    turned: dict[tuple[str, str], list[Row]] = {}
    for row, keys in mapped.of_kind(shape_keys=False):
        if row.target.kind == ROTATION:
            turned.setdefault((row.target.object, row.target.name), []).append(row)
            continue
        group = row.target.bone or row.target.name
        written += write_keys(curve_at(target, data_path(row.target), row.target.axis, group), keys, timing)
    for (holder, name), rows in turned.items():
        bone = cast(bpy.types.Pose, holders[holder].pose).bones[name]
        vectors = np.zeros((mapped.curves.frames, 3))
        for row in rows:
            vectors[:, row.target.axis] = mapped.curves.channel(row.target.label)
        frames = np.unique(np.concatenate([mapped.keys[row.target.label].frames for row in rows]))
        for index, values in enumerate(in_mode(vectors[frames.astype(int)], bone).T):
            curve = curve_at(target, rotation_path(bone), index, name)
            written += write_keys(curve, SparseKeys(frames, values), timing)
    return written


def in_mode(vectors: np.ndarray, bone: bpy.types.PoseBone) -> np.ndarray:
    """(frames, 3 or 4) rotation vectors (radians) in the rotation mode of a bone, without jumps between frames."""
    rows: list[Any] = []
    before: Any = None
    for vector in vectors:
        angle = float(np.linalg.norm(vector))
        turn = Quaternion(Vector(vector), angle) if angle > 1e-9 else Quaternion()
        if bone.rotation_mode == "QUATERNION":
            row: Any = turn
        elif bone.rotation_mode == "AXIS_ANGLE":
            row = (angle, *(vector / angle if angle > 1e-9 else (0.0, 1.0, 0.0)))
        else:
            row = turn.to_euler(bone.rotation_mode, before) if before else turn.to_euler(bone.rotation_mode)
            before = cast(Euler, row)
        rows.append(row[:])
    return np.array(rows, np.float64)


def widen_sliders(mapped: MappedKeys, faces: Iterable[bpy.types.Key]) -> None:
    """Widen the sliders of shape keys that go further: Blender clamps values to a slider's range."""
    for row, keys in mapped.of_kind(shape_keys=True):
        lowest, highest = float(keys.values.min()), float(keys.values.max())
        for key in faces:
            block = key.key_blocks.get(row.target.name)
            if block is not None and lowest < block.slider_min:
                block.slider_min = math.floor(lowest)
            if block is not None and highest > block.slider_max:
                block.slider_max = math.ceil(highest)
