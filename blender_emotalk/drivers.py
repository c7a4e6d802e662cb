"""Shape keys that drivers move: what moves the driver, where that is plain."""

import re
from typing import Any, Final

import bpy

from ..face.driver_expressions import evaluate, line_of
from ..face.mapping import LOCATION, PROPERTY, ROTATION, Target

_CHANNELS: Final = {
    **{f"LOC_{axis}": (LOCATION, number) for number, axis in enumerate("XYZ")},
    **{f"ROT_{axis}": (ROTATION, number) for number, axis in enumerate("XYZ")},
}
_NAME: Final = r'\["((?:[^"\\]|\\.)*)"\]'
_OF_BONE: Final = re.compile(rf"pose\.bones{_NAME}{_NAME}")
_OF_OBJECT: Final = re.compile(_NAME)

Drive = tuple[bpy.types.Object, Target, float, float]
"""The object that has the control, the control, and the slope and the offset of what it does to the shape key."""


def drivers_of(key: bpy.types.Key) -> dict[str, bpy.types.FCurve]:
    """The drivers that move shape keys, by their data paths; muted ones do not."""
    drivers = key.animation_data.drivers if key.animation_data else ()
    return {driver.data_path: driver for driver in drivers if not driver.mute}


def control_of(curve: bpy.types.FCurve) -> Drive | None:
    """The control behind a driver: a custom property, or the location or rotation of a bone along one of its axes.

    None if it is not plain: several controls, a property of something else than an object, another space, or a motion
    that is no straight line. A driver with one bone may also read properties; they are taken for constants.
    """
    driver: Any = curve.driver
    variables = list(driver.variables)
    movers = [variable for variable in variables if variable.type == "TRANSFORMS"] or variables
    if len(movers) != 1 or any(variable.type not in ("TRANSFORMS", "SINGLE_PROP") for variable in variables):
        return None
    found = _control(movers[0])
    if found is None:
        return None
    try:
        constants = {v.name: _property(v) for v in variables if v != movers[0]}
        names = dict(constants)

        def moved(value: float) -> float:
            names[movers[0].name] = value
            plain = evaluate(driver.expression, names) if driver.type == "SCRIPTED" else value
            return float(curve.evaluate(plain)) if curve.keyframe_points or curve.modifiers else plain

        line = line_of(moved)
    except ValueError:
        return None
    return None if line is None else (*found, *line)


def _control(variable: Any) -> tuple[bpy.types.Object, Target] | None:
    target = variable.targets[0]
    owner = target.id
    if not isinstance(owner, bpy.types.Object):
        return None
    if variable.type == "SINGLE_PROP":
        return _property_control(owner, target.data_path)
    if owner.type != "ARMATURE" or target.transform_type not in _CHANNELS or target.transform_space != "LOCAL_SPACE":
        return None
    if owner.pose is None or target.bone_target not in owner.pose.bones:
        return None
    kind, axis = _CHANNELS[target.transform_type]
    return owner, Target(kind, target.bone_target, axis, object=owner.name)


def _property_control(owner: bpy.types.Object, path: str) -> tuple[bpy.types.Object, Target] | None:
    try:
        if not isinstance(owner.path_resolve(path), float):
            return None
    except ValueError:
        return None
    of_bone, of_object = _OF_BONE.fullmatch(path), _OF_OBJECT.fullmatch(path)
    if of_bone is not None:
        names = [bpy.utils.unescape_identifier(name) for name in of_bone.groups()]
        return owner, Target(PROPERTY, names[1], bone=names[0], object=owner.name)
    if of_object is not None:
        return owner, Target(PROPERTY, bpy.utils.unescape_identifier(of_object[1]), object=owner.name)
    return None


def _property(variable: Any) -> float:
    """The value that a variable reads now. Raises ValueError if it is no number."""
    target = variable.targets[0]
    value = target.id.path_resolve(target.data_path) if target.id else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{variable.name} reads no number")
    return float(value)
