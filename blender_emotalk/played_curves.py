"""What a character plays, whoever keyed it, as curves again: evaluated by Blender, then back through its mapping."""

import math
from collections.abc import Callable
from typing import Any, cast

import bpy
import numpy as np

from ..face import naming_schemes
from ..face.basis import ARKIT, HEAD, Basis
from ..face.curves import FaceCurves, Performance, ReadCurves
from ..face.inverse_mapping import recover
from ..face.mapping import PROPERTY, ROTATION, SHAPE_KEY, Row
from ..inference.contract import EmoTalkError, StageProgress
from . import controls, mapping_desk
from .characters import head_bone_of, holder_of
from .head_bones import degrees_from
from .keyframes import frame_rate
from .rigs import armature_of, family, shape_keys_of

_ALMOST = 1e-6
_LONGEST = 10**6
"""Frames; nine hours at 30 frames per second."""

Reading = Callable[[bpy.types.Depsgraph], Any]


def read_performance(
    anchor: bpy.types.Object | None,
    scene: bpy.types.Scene,
    first: float,
    last: float,
    fps: float | None = None,
    basis: Basis | None = None,
    progress: StageProgress | None = None,
) -> ReadCurves:
    """Read what a character plays: its action, NLA, drivers and whatever else moves its controls.

    Several meshes that have a shape key of the same name are read where it moves most. The head's rotation is that of
    the head bone, unless the mapping moves other controls with it. Nothing is changed; the scene's frame is restored.

    Args:
        anchor: an object of the character, which may be linked.
        scene: the one of the context; hidden meshes are not read, for Blender does not move them.
        first: the scene frame of the first frame of the curves; can be fractional.
        last: the scene frame at which they end.
        fps: of the curves; None for the scene's rate.
        basis: of the curves; None for ARKit's 52 channels.
        progress: called with the share (0..1) that is done.

    Returns:
        The performance, with sentences about what could not be read.

    Raises:
        EmoTalkError: there is no character, nothing of it has a name that is known, it is hidden, or the range is
            empty.
    """
    basis = basis or ARKIT
    found = mapping_desk.look_up(anchor, scene, basis)
    anchor = cast(bpy.types.Object, anchor)
    readings = _readings(anchor, scene, found.mapping.heard(basis).rows)
    if not readings:
        raise EmoTalkError(
            f"Nothing of {anchor.name!r} has a name that EmoTalk knows, so its motion cannot be read; "
            "press Auto-Map in the box Mapping, or load a mapping"
        )
    rate = frame_rate(scene)
    fps = fps or rate
    count = math.floor((last - first) * fps / rate + _ALMOST) + 1
    if not 1 <= count <= _LONGEST:
        raise EmoTalkError(f"The range from {first:g} to {last:g} has no frames, or too many; choose another one")
    bone = None if any(set(row.channels) & set(HEAD.channels) for row in readings) else _head_bone(anchor)
    every: list[Reading] = [reading for some in readings.values() for reading in some]
    turns = [_turn(bone)] if bone is not None else []
    sampled = _sample([*every, *turns], first + np.arange(count) * rate / fps, scene, progress)
    values, at = np.empty((count, len(readings))), 0
    for column, some in enumerate(readings.values()):
        tracks = [np.array(track, np.float64) for track in sampled[at : at + len(some)]]
        values[:, column] = max(tracks, key=np.ptp)
        at += len(some)
    mapping = found.mapping.with_rows(readings)
    curves = recover(FaceCurves(values.astype(np.float32), mapping.basis, fps), mapping, basis).curves
    if bone is None:
        return curves
    head = curves.performance.head.with_values(degrees_from(np.array(sampled[-1]), bone))
    played = curves.performance
    return ReadCurves(Performance(played.face, head, played.eyes, played.clamped), curves.remarks)


def flame_of(anchor: bpy.types.Object | None, scene: bpy.types.Scene) -> Basis:
    """FLAME with as many expressions as a character has shape keys for. Raises EmoTalkError if it has none."""
    basis = None
    if anchor is not None:
        meshes = family(anchor, armature_of(anchor), scene)
        names = [tuple(key.key_blocks.keys()) for mesh in meshes if (key := shape_keys_of(mesh)) is not None]
        basis = naming_schemes.flame_of(naming_schemes.Rig(tuple(names)))
    if basis is None:
        raise EmoTalkError("The character is no FLAME head: it has no shape keys Exp000 and on; choose another format")
    return basis


def _readings(anchor: bpy.types.Object, scene: bpy.types.Scene, rows: tuple[Row, ...]) -> dict[Row, list[Reading]]:
    """How to read the control of each row whose control is there; a shape key may be on several meshes."""
    armature = armature_of(anchor)
    relatives = family(anchor, armature, scene)
    keys = [(mesh, key) for mesh in relatives if (key := shape_keys_of(mesh)) is not None]
    readings: dict[Row, list[Reading]] = {}
    hidden = ""
    for row in rows:
        target = row.target
        if target.kind == SHAPE_KEY:
            meshes = [(mesh, key) for mesh, key in keys if target.name in key.key_blocks]
            seen = dict.fromkeys(key for mesh, key in meshes if mesh.visible_get())
            hidden = hidden or (meshes[0][0].name if meshes and not seen else "")
            some = [_shape_key(key, target.name) for key in seen]
        else:
            holder = holder_of(target, armature, relatives, scene)
            some = [] if holder is None or controls.why_absent(target, holder) else [_control(row, holder)]
        if some:
            readings[row] = some
    if hidden and not any(row.target.kind == SHAPE_KEY for row in readings):
        raise EmoTalkError(f"{hidden} is hidden, and Blender moves nothing that is hidden; show it first")
    return readings


def _shape_key(key: bpy.types.Key, name: str) -> Reading:
    return lambda graph: key.evaluated_get(graph).key_blocks[name].value


def _control(row: Row, holder: bpy.types.Object) -> Reading:
    target = row.target

    def read(graph: bpy.types.Depsgraph) -> float:
        evaluated: Any = holder.evaluated_get(graph)
        if target.kind == PROPERTY:
            return float((evaluated.pose.bones[target.bone] if target.bone else evaluated)[target.name])
        moved = evaluated.pose.bones[target.name].matrix_basis
        if target.kind != ROTATION:
            return float(moved.translation[target.axis])
        axis, angle = moved.to_quaternion().to_axis_angle()
        return float(axis[target.axis] * angle)

    return read


def _head_bone(anchor: bpy.types.Object) -> bpy.types.PoseBone | None:
    armature = armature_of(anchor)
    name = head_bone_of(armature)
    return armature.pose.bones[name] if armature is not None and armature.pose is not None and name else None


def _turn(bone: bpy.types.PoseBone) -> Reading:
    armature, name = cast(bpy.types.Object, bone.id_data), bone.name

    def read(graph: bpy.types.Depsgraph) -> Any:
        evaluated: Any = armature.evaluated_get(graph)
        return np.array(evaluated.pose.bones[name].matrix_basis.to_3x3().normalized())

    return read


def _sample(
    readings: list[Reading], frames: np.ndarray, scene: bpy.types.Scene, progress: StageProgress | None
) -> list[list[Any]]:
    """What each reading gives at some frames of a scene."""
    sampled: list[list[Any]] = [[] for _reading in readings]
    before = scene.frame_current, scene.frame_subframe
    try:
        for number, frame in enumerate(frames.tolist()):
            whole = math.floor(frame + _ALMOST)
            scene.frame_set(whole, subframe=min(max(frame - whole, 0.0), 1.0))
            graph = bpy.context.evaluated_depsgraph_get()
            for track, reading in zip(sampled, readings, strict=True):
                track.append(reading(graph))
            if progress is not None:
                progress((number + 1) / len(frames), "Reading the face")
    finally:
        scene.frame_set(before[0], subframe=before[1])
    return sampled
