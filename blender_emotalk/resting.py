"""Brings a face back to rest by hand: values of shape keys and the rotation of the head bone, not their keys."""

from dataclasses import dataclass
from typing import Any, cast

import bpy
import numpy as np

from ..face.mapping import LOCATION, PROPERTY, SHAPE_KEY
from . import nla
from .characters import Character
from .head_bones import rotation_path, rotation_values


@dataclass(frozen=True)
class Rested:
    """What was set.

    Attributes:
        shape_keys: how many, on all meshes; those that a driver moves are left out.
        head: whether the head bone was set.
        controls: how many bones and properties of the mapping were set.
        is_overwritten: whether an action moves some of them again on the next frame change.
    """

    shape_keys: int
    head: bool
    is_overwritten: bool
    controls: int = 0


def rest(character: Character) -> Rested:
    """Set every shape key that a performance moves to 0, and the head bone to its rest rotation."""
    names = character.moved_keys
    count, is_overwritten = 0, False
    for key in character.faces:
        data = key.animation_data
        driven = {driver.data_path for driver in data.drivers} if data else set()
        played = nla.played_paths(key)
        for block in key.key_blocks[1:]:
            path = block.path_from_id("value")
            if block.name in names and path not in driven:
                block.value = 0
                count += 1
                is_overwritten |= path in played
    controls = _rest_controls(character)
    if character.armature is None or character.head_bone is None:
        return Rested(count, False, is_overwritten, controls)
    bone = cast(bpy.types.Pose, character.armature.pose).bones[character.head_bone]
    path = rotation_path(bone)
    _rest_rotation(bone)
    return Rested(count, True, is_overwritten or path in nla.played_paths(character.armature), controls)


def _rest_controls(character: Character) -> int:
    """Set bones and properties to what they are while nothing moves them."""
    rows = [row for row in character.mapping.rows if row.target.kind != SHAPE_KEY]
    for row in rows:
        holder: Any = character.holders[row.target.object]
        value = min(max(row.offset, row.lowest), row.highest)
        if row.target.kind == PROPERTY:
            place = holder.pose.bones[row.target.bone] if row.target.bone else holder
            place[row.target.name] = value
            continue
        bone = holder.pose.bones[row.target.name]
        if row.target.kind == LOCATION:
            bone.location[row.target.axis] = value
        else:
            _rest_rotation(bone)
    return len({(row.target.object, row.target.kind, row.target.name, row.target.bone) for row in rows})


def _rest_rotation(bone: bpy.types.PoseBone) -> None:
    rest = rotation_values(np.zeros((1, 3)), bone)[0].tolist()
    setattr(bone, rotation_path(bone).rpartition(".")[2], rest)
