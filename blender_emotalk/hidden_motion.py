"""What keeps a face from moving: looked for before a line is animated, and again in what was written."""

from collections import Counter
from dataclasses import dataclass
from typing import Final, cast

import bpy
import numpy as np

from ..face.mapping import SHAPE_KEY
from ..inference.contract import EmoTalkError
from . import nla
from .actions import curves_of_slot, slot_for
from .characters import Character

_STILL: Final = 1e-3
"""Curves that change less than this move nothing anyway."""
_MUTED: Final = "are muted; press Repair, or unmute them"
_PINNED: Final = "are hidden by one that is pinned (Solo Active Shape Key); press Repair, or unpin it"
_ABSOLUTE: Final = "are absolute; press Repair, or switch Relative on (Object Data > Shape Keys)"
_EDITED: Final = "are not shown in Edit Mode; press Repair, or leave it (Tab)"
_LOCKED: Final = "are locked; press Repair, or unlock them"
_DRIVEN: Final = "are moved by drivers; remove the drivers, or use a copy of the face"
_EMPTY: Final = "have the same shape as the Basis; sculpt or import their shapes"
_REPAIRABLE: Final = (_MUTED, _PINNED, _ABSOLUTE, _EDITED, _LOCKED)


class StillFaceError(EmoTalkError):
    """Nothing of a performance would be seen; the message is a sentence.

    Attributes:
        is_repairable: whether ``repair`` helps.
    """

    def __init__(self, sentence: str, is_repairable: bool) -> None:
        super().__init__(sentence)
        self.is_repairable = is_repairable


@dataclass(frozen=True)
class Hindrance:
    """Why a face does not move although it has keys.

    Attributes:
        clause: the end of a sentence.
        is_repairable: whether ``repair`` helps.
    """

    clause: str
    is_repairable: bool


def check(character: Character, scene: bpy.types.Scene) -> None:
    """Refuse a face on which nothing would move; where some of it moves, ``find`` remarks on the rest afterwards.

    Args:
        character: that will be animated.
        scene: with the character's meshes.

    Raises:
        StillFaceError: each shape key that a performance moves is muted, hidden, locked or without a shape of its own.
    """
    if any(row.target.kind != SHAPE_KEY for row in character.mapping.rows):
        return  # bones and properties move
    meshes, clauses = _meshes_of(character, scene), []
    performed = character.moved_keys
    for key in character.faces:
        moved = [block for block in key.key_blocks if block.name in performed and block.name not in character.driven]
        hidden = _why_still(key, moved, meshes[key])
        if moved and not hidden:
            return
        if hidden:
            clauses.append(f"the shape keys of {meshes[key][0].name if meshes[key] else key.name} {hidden}")
    if clauses:
        sentence = f"Nothing would move, because {', and '.join(clauses)}; nothing was changed"
        raise StillFaceError(sentence, any(clause.endswith(_REPAIRABLE) for clause in clauses))


def _why_still(key: bpy.types.Key, moved: list[bpy.types.ShapeKey], objects: list[bpy.types.Object]) -> str:
    """Why none of a mesh's moved shape keys would be seen; empty if one would."""
    for_all = _reason_in_scene(key, objects)
    if for_all or not moved:
        return for_all if moved else ""
    reasons = [_MUTED if block.mute else _LOCKED if block.lock_shape else "" for block in moved]
    if all(reasons):
        return Counter(reasons).most_common(1)[0][0]
    seen = (block for block, reason in zip(moved, reasons, strict=True) if not reason)
    return _EMPTY if all(_is_empty(block) for block in seen) else ""


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


def repair(character: Character, scene: bpy.types.Scene) -> list[str]:
    """Unmute and unlock the shape keys that a performance moves, unpin, make relative, and leave Edit Mode.

    Returns:
        What was done, for the end of a sentence; empty if there was nothing to do.
    """
    done: Counter[str] = Counter()
    meshes = _meshes_of(character, scene)
    performed = character.moved_keys
    for key in character.faces:
        for obj in meshes[key]:
            if obj.mode == "EDIT":  # first: its end writes the shapes back
                with bpy.context.temp_override(object=obj, active_object=obj):
                    bpy.ops.object.mode_set(mode="OBJECT")
                done["Edit Mode left"] += 1
            if obj.show_only_shape_key:
                obj.show_only_shape_key = False
                done["meshes unpinned"] += 1
        if not key.use_relative:
            key.use_relative = True
            done["meshes made relative"] += 1
        for block in key.key_blocks[1:]:
            if block.mute and block.name in performed:
                block.mute = False
                done["shape keys unmuted"] += 1
            if block.lock_shape and block.name in performed:
                block.lock_shape = False
                done["shape keys unlocked"] += 1
    return [what if what == "Edit Mode left" else f"{count} {what}" for what, count in done.items()]


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
            reasons.append(_EMPTY)
        else:
            reasons.append("")
    return reasons


def _reason_for_all(key: bpy.types.Key, line: str, objects: list[bpy.types.Object]) -> str:
    return _reason_in_scene(key, objects) or nla.why_not_played(key, line)


def _reason_in_scene(key: bpy.types.Key, objects: list[bpy.types.Object]) -> str:
    """Why no shape key of a mesh can be seen, whatever its keys are; empty if that is not so."""
    if not key.use_relative:
        return _ABSOLUTE
    if objects and all(obj.show_only_shape_key for obj in objects):
        return _PINNED
    if objects and all(obj.mode == "EDIT" for obj in objects):
        return _EDITED
    return ""


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
