"""What belongs to a character in a scene, and what of it can be moved, by name."""

from collections.abc import Iterable
from typing import Any, Final, cast

import bpy
import numpy as np

from ..face.basis import Basis
from ..face.naming_schemes import BoneRest, Rig

_RIG_UI: Final = "_RNA_UI"


def armature_of(obj: bpy.types.Object) -> bpy.types.Object | None:
    """The armature that an object is, is below, or is deformed by."""
    for candidate in (obj, *ancestors(obj)):
        if candidate.type == "ARMATURE":
            return candidate
    rigs = (modifier.object for modifier in obj.modifiers if isinstance(modifier, bpy.types.ArmatureModifier))
    return next((rig for rig in rigs if rig), None)


def ancestors(obj: bpy.types.Object) -> Iterable[bpy.types.Object]:
    """The parents of an object, the nearest first."""
    while obj.parent is not None:
        obj = obj.parent
        yield obj


def family(
    anchor: bpy.types.Object, armature: bpy.types.Object | None, scene: bpy.types.Scene
) -> list[bpy.types.Object]:
    """The meshes of one character: those of its armature, else those under the same topmost parent."""
    if armature is not None:
        relatives = [obj for obj in scene.objects if obj.type == "MESH" and armature_of(obj) == armature]
    else:
        root = [anchor, *ancestors(anchor)][-1]
        relatives = [obj for obj in (root, *root.children_recursive) if obj.type == "MESH"]
    return sorted(relatives, key=lambda obj: (obj != anchor, obj.name))


def shape_keys_of(mesh: bpy.types.Object) -> bpy.types.Key | None:
    """The shape keys of a mesh object."""
    return cast(bpy.types.Mesh, mesh.data).shape_keys


def rig_of(
    meshes: list[tuple[bpy.types.Object, bpy.types.Key]], armature: bpy.types.Object | None, basis: Basis | None
) -> Rig:
    """The names on a character, and where the bones are that a naming scheme may move."""
    names = tuple(tuple(block.name for block in key.key_blocks[1:]) for _mesh, key in meshes)
    if armature is None or basis is None:
        return Rig(names)
    bones = cast(bpy.types.Armature, armature.data).bones
    rests = {}
    if any(name in bones for name in ("jaw_master", "jaw", "Jaw")):
        rests = {bone.name: _rest(bone) for bone in bones}
    holder: Any = armature
    properties = tuple(name for name in list(holder.keys()) if name != _RIG_UI and isinstance(holder[name], float))
    return Rig(names, rests, properties)


def _rest(bone: bpy.types.Bone) -> BoneRest:
    matrix = np.array(bone.matrix_local)
    return BoneRest(matrix[:3, 3], matrix[:3, :3])
