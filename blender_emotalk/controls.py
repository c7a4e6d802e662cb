"""The controls of a rig that a mapping moves: bones and custom properties of objects."""

from typing import Any

import bpy

from ..face.mapping import LOCATION, PROPERTY, SHAPE_KEY, Target


def data_path(target: Target) -> str:
    """Where the value of a custom property or of the location of a bone is, from its object."""
    name = bpy.utils.escape_identifier(target.name)
    if target.kind == PROPERTY:
        bone = f'pose.bones["{bpy.utils.escape_identifier(target.bone)}"]' if target.bone else ""
        return f'{bone}["{name}"]'
    return f'pose.bones["{name}"].location'


def why_not(target: Target, owner: bpy.types.Object | None) -> str:
    """Why a control of an object cannot be moved, as the end of a sentence; empty if it can."""
    if owner is None:
        return f"is on {target.object!r}, which is not in the scene" if target.object else "needs an armature"
    if not owner.is_editable:
        return f"is on {owner.name!r}, which is linked; make a library override of it"
    return why_absent(target, owner)


def why_absent(target: Target, owner: bpy.types.Object) -> str:
    """What an object lacks of a control, as the end of a sentence; empty if it has it."""
    if target.kind != PROPERTY:
        return "" if target.name in _bones(owner) else f"is no bone of {owner.name!r}"
    if target.bone and target.bone not in _bones(owner):
        return f"is on the bone {target.bone!r}, which {owner.name!r} has not"
    holder: Any = _bones(owner)[target.bone] if target.bone else owner
    if target.name not in list(holder.keys()):
        return f"is no custom property of {target.bone or owner.name!r}"
    if not isinstance(holder[target.name], float):
        return "is no property with decimals; change its type to Float"
    return ""


def is_driven(target: Target, owner: bpy.types.Object) -> bool:
    """Whether a driver moves a control itself."""
    if target.kind == SHAPE_KEY or owner.animation_data is None:
        return False
    drivers = [driver.data_path for driver in owner.animation_data.drivers if not driver.mute]
    if target.kind in (PROPERTY, LOCATION):
        return data_path(target) in drivers
    rotation = data_path(target).removesuffix("location") + "rotation"
    return any(path.startswith(rotation) for path in drivers)


def _bones(owner: bpy.types.Object) -> Any:
    return owner.pose.bones if owner.pose is not None else {}
