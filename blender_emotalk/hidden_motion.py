"""Looks at what was written: keys may be there while something in the scene keeps the face from moving."""

from collections import Counter
from dataclasses import dataclass
from typing import Final, cast

import bpy
import numpy as np

from . import nla
from .actions import curves_of_slot, slot_for
from .characters import Character

_STILL: Final = 1e-3
"""Curves that change less than this move nothing anyway."""
_MUTED: Final = "are muted; press Repair, or unmute them"
_PINNED: Final = "are hidden by one that is pinned (Solo Active Shape Key); press Repair, or unpin it"
_DRIVEN: Final = "are moved by drivers; remove the drivers, or use a copy of the face"
_REPAIRABLE: Final = (_MUTED, _PINNED)


@dataclass(frozen=True)
class Hindrance:
    """Why a face does not move although it has keys.

    Attributes:
        clause: the end of a sentence.
        is_repairable: whether ``repair`` helps.
    """

    clause: str
    is_repairable: bool


def find(character: Character, line: str, scene: bpy.types.Scene) -> Hindrance | None:
    """What hides most of a line's motion on a face; None if it can be seen.

    Args:
        character: just animated.
        line: the identity of the line.
        scene: with the character's meshes.
    """
    clauses = []
    moving = still = 0
    meshes = _meshes_of(character, scene)
    for key in character.faces:
        objects = meshes[key]
        reasons = _reasons(key, line, objects)
        reasons += [_DRIVEN for name in character.driven if name in key.key_blocks]
        if not reasons:
            continue
        hidden = list(filter(None, reasons))
        moving += len(reasons)
        still += len(hidden)
        if len(hidden) * 2 >= len(reasons):
            how_many = "the" if len(hidden) == len(reasons) else f"{len(hidden)} of {len(reasons)}"
            name = objects[0].name if objects else key.name
            clauses.append(f"{how_many} shape keys of {name} {Counter(hidden).most_common(1)[0][0]}")
    if not clauses:
        return None
    start = "nothing moves" if still == moving else "not everything moves"
    return Hindrance(
        f"but {start} because {', and '.join(clauses)}", any(clause.endswith(_REPAIRABLE) for clause in clauses)
    )


def repair(character: Character, scene: bpy.types.Scene) -> tuple[int, int]:
    """Unmute the shape keys that a performance moves, and unpin its meshes.

    Returns:
        The number of shape keys that were muted, and of meshes that had one pinned.
    """
    unmuted = unpinned = 0
    meshes = _meshes_of(character, scene)
    performed = character.moved_keys
    for key in character.faces:
        for block in key.key_blocks[1:]:
            if block.mute and block.name in performed:
                block.mute = False
                unmuted += 1
        for obj in meshes[key]:
            if obj.show_only_shape_key:
                obj.show_only_shape_key = False
                unpinned += 1
    return unmuted, unpinned


def _reasons(key: bpy.types.Key, line: str, objects: list[bpy.types.Object]) -> list[str]:
    """For each shape key that the line moves, why this cannot be seen; empty texts for those that can."""
    blocks = {block.path_from_id("value"): block for block in key.key_blocks}
    action = nla.lines_on(key).get(line)
    curves = curves_of_slot(action, slot_for(action, key)) if action else ()
    own = [(path, curve) for curve in curves if (path := curve.data_path) in blocks]  # other meshes have the rest
    ours = {path: (curve, motion) for path, curve in own if (motion := _motion(curve)) > _STILL}
    for_all = _reason_for_all(key, line, objects)
    above = nla.moved_above(key, line)
    driven = {
        driver.data_path
        for driver in (key.animation_data.drivers if key.animation_data else ())
        if not driver.mute and driver.driver is not None
    }
    # Comparing shapes is slow: if the shape that moves most is one, they all are.
    largest = max(ours, key=lambda path: ours[path][1], default="")
    compares = bool(largest) and _is_empty(blocks[largest])
    reasons = []
    for path, (curve, _motion_of_curve) in ours.items():
        if for_all:
            reasons.append(for_all)
        elif blocks[path].mute:
            reasons.append(_MUTED)
        elif path in driven:
            reasons.append(_DRIVEN)
        elif path in above:
            reasons.append(
                "have keys of yours that win; choose Keep on a Muted Track under Existing Keys, or delete them"
            )
        elif curve.mute or (curve.group is not None and curve.group.mute):
            reasons.append("have muted channels in the action; unmute them in the Graph Editor")
        elif compares and _is_empty(blocks[path]):
            reasons.append("have the same shape as the Basis; sculpt or import their shapes")
        else:
            reasons.append("")
    return reasons


def _reason_for_all(key: bpy.types.Key, line: str, objects: list[bpy.types.Object]) -> str:
    if not key.use_relative:
        return "are absolute; switch Relative on (Object Data > Shape Keys)"
    if objects and all(obj.show_only_shape_key for obj in objects):
        return _PINNED
    if objects and all(obj.mode == "EDIT" for obj in objects):
        return "are not shown in Edit Mode; leave it (Tab)"
    return nla.why_not_played(key, line)


def _motion(curve: bpy.types.FCurve) -> float:
    points = np.empty(2 * len(curve.keyframe_points), np.float32)
    curve.keyframe_points.foreach_get("co", points)
    return float(np.ptp(points[1::2])) if len(points) else 0.0


def _is_empty(block: bpy.types.ShapeKey) -> bool:
    """Whether a shape is the one that it is relative to."""
    shapes = []
    for each in (block, block.relative_key):
        shape = np.empty(3 * len(each.data), np.float32)
        each.data.foreach_get("co", shape)
        shapes.append(shape)
    return len(shapes[0]) == len(shapes[1]) and bool(np.array_equal(shapes[0], shapes[1]))


def _meshes_of(character: Character, scene: bpy.types.Scene) -> dict[bpy.types.Key, list[bpy.types.Object]]:
    """The objects of the scene that show the shape keys of each face."""
    meshes: dict[bpy.types.Key, list[bpy.types.Object]] = {key: [] for key in character.faces}
    for obj in scene.objects:
        key = cast(bpy.types.Mesh, obj.data).shape_keys if obj.type == "MESH" else None
        if key in meshes:
            meshes[key].append(obj)
    return meshes
