"""A copy of a character beside it, without its animation, for the captured take."""

from collections.abc import Iterable
from typing import Any, Final

import bpy
import numpy as np

from ..inference.contract import EmoTalkError
from .access import preferences_of_blender, view_layer_of
from .rigs import ancestors, armature_of, family, shape_keys_of

_COPY_OF: Final = "emotalk_copy_of"
"""On the copy of an anchor: the name of the original."""
_DISTANCE: Final = 1.2
"""Between the middles, in widths of the character."""


def copy_beside(context: bpy.types.Context, anchor: bpy.types.Object, scene: bpy.types.Scene) -> bpy.types.Object:
    """Copy the meshes, the armature and the parents of a character; its material, rig and drivers come along.

    A copy that was made before is used again.

    Args:
        context: with the view layer of the scene.
        anchor: any object of the character.
        scene: with the character.

    Returns:
        The anchor's copy.

    Raises:
        EmoTalkError: parts of the character cannot be selected, so Blender would not copy them.
    """
    known = next((obj for obj in scene.objects if obj.get(_COPY_OF) == anchor.name), None)
    if known is not None:
        return known
    originals = _members(anchor, scene)
    copies = _duplicate(context, originals)
    for copy in copies:
        _forget_animation(copy)
    width = _width(originals)
    for copy in copies:
        if copy.parent not in copies:
            copy.matrix_world.translation.x += _DISTANCE * width
    copied = copies[originals.index(anchor)]
    copied[_COPY_OF] = anchor.name
    copied.name = f"{anchor.name} captured"
    return copied


def _members(anchor: bpy.types.Object, scene: bpy.types.Scene) -> list[bpy.types.Object]:
    armature = armature_of(anchor)
    members = [anchor, *family(anchor, armature, scene), *([armature] if armature else [])]
    members += [parent for member in tuple(members) for parent in ancestors(member)]
    return list(dict.fromkeys(members))


def _duplicate(context: bpy.types.Context, originals: list[bpy.types.Object]) -> list[bpy.types.Object]:
    """Blender's own Duplicate, which knows every kind of link between objects; the selection stays as it was.

    Returns:
        The copies, in the order of the originals.
    """
    layer = view_layer_of(context)
    selected, active = list(context.selected_objects), layer.objects.active
    preferences = preferences_of_blender(context).edit
    wanted = {"use_duplicate_mesh": True, "use_duplicate_armature": True, "use_duplicate_action": False}
    usual = {name: getattr(preferences, name) for name in wanted}
    marks = {original.name: number for number, original in enumerate(originals)}
    try:
        _select(selected, [])
        for name, value in wanted.items():
            setattr(preferences, name, value)
        for original in originals:
            original.select_set(True)
            original[_COPY_OF] = original.name
        if hidden := [original.name for original in originals if not original.select_get()]:
            raise EmoTalkError(f"{hidden[0]} is hidden or cannot be selected; show it, or choose a second character")
        bpy.ops.object.duplicate()
        copies = sorted(context.selected_objects, key=lambda copy: marks[copy[_COPY_OF]])
    finally:
        for name, value in usual.items():
            setattr(preferences, name, value)
        for obj in (*originals, *context.selected_objects):
            obj.pop(_COPY_OF, None)
        _select(context.selected_objects, selected)
        layer.objects.active = active
    return copies


def _select(now: Iterable[bpy.types.Object], then: Iterable[bpy.types.Object]) -> None:
    for obj in list(now):
        obj.select_set(False)
    for obj in then:
        obj.select_set(True)


def _forget_animation(copy: bpy.types.Object) -> None:
    """Leave the drivers, and bring the shape keys to rest."""
    keys = shape_keys_of(copy) if copy.type == "MESH" else None
    owners: list[Any] = [copy, *([keys] if keys else [])]
    for owner in owners:
        data = owner.animation_data
        if data is None:
            continue
        data.action = None
        for track in list(data.nla_tracks):
            data.nla_tracks.remove(track)
    for block in keys.key_blocks[1:] if keys else ():
        block.value = 0


def _width(objects: Iterable[bpy.types.Object]) -> float:
    """Of the meshes in the scene, along X."""
    corners = [
        np.array(obj.matrix_world) @ np.append(np.array(corner), 1.0)
        for obj in objects
        if obj.type == "MESH"
        for corner in obj.bound_box
    ]
    return float(np.ptp(np.array(corners)[:, 0])) if corners else 0.0
