"""Characters: the face meshes and the head bone that belong to an object of the scene."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import bpy

from ..face.basis import ARKIT, Basis
from ..face.retarget import match_shape_keys
from ..inference.contract import EmoTalkError
from .actions import Animated

_HEAD_BONE = re.compile(r"(^|[^a-z])head$", re.IGNORECASE)
_FLAME_BONES = {"root", "neck", "jaw", "left_eye", "right_eye"}
"""FLAME has no joint of the head: all above the neck turns with it."""


@dataclass(frozen=True)
class Character:
    """The target of a performance. It holds references, so it must not outlive the operator call that created it.

    Attributes:
        name: the armature's name, or the face's if there is none.
        faces: the shape keys of every mesh that moves with the face (head, teeth, tongue, lashes ...).
        shape_keys: channel of the performance's basis -> the names of its shape keys on these meshes.
        armature: the rig, or None.
        head_bone: the name of the rig's head bone, or None.
    """

    name: str
    faces: tuple[bpy.types.Key, ...]
    shape_keys: dict[str, tuple[str, ...]]
    armature: bpy.types.Object | None
    head_bone: str | None

    @property
    def owners(self) -> tuple[Animated, ...]:
        """The data-blocks that have its keys."""
        return (*self.faces, self.armature) if self.armature else self.faces


def find_character(anchor: bpy.types.Object | None, scene: bpy.types.Scene, basis: Basis | None = ARKIT) -> Character:
    """The character of an object, which can be any of its meshes, its armature or their parent.

    Args:
        anchor: the object.
        scene: searched for the other parts of the character.
        basis: of the performance; its channels are matched with the names of shape keys. None accepts every mesh with
            shape keys of any name.

    Raises:
        EmoTalkError: nothing can be animated; the sentence says what to do.
    """
    if anchor is None:
        raise EmoTalkError("No character is selected; click a face that has shape keys, or add the sample head")
    if anchor.instance_collection is not None:
        raise EmoTalkError(
            f"{anchor.name!r} is an instance of a collection; make a library override of it "
            "(Object > Library Override > Make) or make it local to animate it here"
        )
    armature = _armature_of(anchor)
    meshes = [(mesh, key) for mesh in _family(anchor, armature, scene) if (key := _shape_keys(mesh))]
    if not meshes:
        raise EmoTalkError(
            f"{anchor.name} is no face: it has no shape keys; choose a face that has some, or add the sample head"
        )
    all_names = {block.name for _mesh, key in meshes for block in key.key_blocks[1:]}
    faces: dict[bpy.types.Key, dict[str, str]] = {}
    for mesh, key in meshes:
        matched = match_shape_keys((block.name for block in key.key_blocks[1:]), basis, all_names) if basis else {}
        if matched or basis is None:
            _check_editable(mesh, key)
            faces[key] = matched
    if basis is not None and not faces:
        raise EmoTalkError(_unlike(anchor.name, basis))
    if basis is not None:
        _check_free_of_drivers(faces, anchor.name)
    bone = _head_bone(armature)
    if armature is not None and bone is not None and not armature.is_editable:
        armature, bone = None, None
    return Character((armature or meshes[0][0]).name, tuple(faces), _merged(faces.values()), armature, bone)


def _unlike(name: str, basis: Basis) -> str:
    if basis is ARKIT:
        return (
            f"No shape key of {name!r} is named like an ARKit blendshape; "
            "rename them to jawOpen, mouthSmileLeft and so on"
        )
    return (
        f"This model performs {basis.name}, but no shape key of {name!r} is named {basis.channels[0]} and so on; "
        "choose a face that has such keys, or another model"
    )


def _armature_of(obj: bpy.types.Object) -> bpy.types.Object | None:
    for candidate in (obj, *_ancestors(obj)):
        if candidate.type == "ARMATURE":
            return candidate
    rigs = (modifier.object for modifier in obj.modifiers if isinstance(modifier, bpy.types.ArmatureModifier))
    return next((rig for rig in rigs if rig), None)


def _ancestors(obj: bpy.types.Object) -> Iterable[bpy.types.Object]:
    while obj.parent is not None:
        obj = obj.parent
        yield obj


def _family(
    anchor: bpy.types.Object, armature: bpy.types.Object | None, scene: bpy.types.Scene
) -> list[bpy.types.Object]:
    """The meshes of one character: those of its armature, else those under the same topmost parent."""
    if armature is not None:
        relatives = [obj for obj in scene.objects if obj.type == "MESH" and _armature_of(obj) == armature]
    else:
        root = [anchor, *_ancestors(anchor)][-1]
        relatives = [obj for obj in (root, *root.children_recursive) if obj.type == "MESH"]
    return sorted(relatives, key=lambda obj: (obj != anchor, obj.name))


def _shape_keys(mesh: bpy.types.Object) -> bpy.types.Key | None:
    return cast(bpy.types.Mesh, mesh.data).shape_keys


def _check_editable(mesh: bpy.types.Object, key: bpy.types.Key) -> None:
    if key.is_editable:
        return
    if mesh.library is None:
        raise EmoTalkError(
            f"The shape keys of {mesh.name!r} are linked from another file; make a library override of its mesh too "
            "(Outliner: right-click the mesh > Library Override > Make), or make it local"
        )
    raise EmoTalkError(
        f"{mesh.name!r} is linked from another file; make a library override of it and of its mesh "
        "(Object > Library Override > Make), or make it local"
    )


def _check_free_of_drivers(faces: dict[bpy.types.Key, dict[str, str]], name: str) -> None:
    for key, matched in faces.items():
        driven = {driver.data_path for driver in key.animation_data.drivers} if key.animation_data else set()
        if any(key.key_blocks[block].path_from_id("value") not in driven for block in matched.values()):
            return
    raise EmoTalkError(
        f"The shape keys of {name!r} are moved by drivers of its rig; remove the drivers, or use a copy of the face"
    )


def _head_bone(armature: bpy.types.Object | None) -> str | None:
    """The bone named head, with any prefix (mixamorig:Head, J_Bip_C_Head); control bones come first."""
    if armature is None:
        return None
    names = [bone.name for bone in cast(bpy.types.Armature, armature.data).bones]
    neck = "neck" if set(names) == _FLAME_BONES else None
    return min((name for name in names if _HEAD_BONE.search(name)), key=len, default=neck)


def _merged(matches: Iterable[dict[str, str]]) -> dict[str, tuple[str, ...]]:
    merged: dict[str, tuple[str, ...]] = {}
    for matched in matches:
        for channel, name in matched.items():
            if name not in merged.get(channel, ()):
                merged[channel] = (*merged.get(channel, ()), name)
    return merged
