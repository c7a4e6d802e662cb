"""Remembers the values that our keys move, from before there were any, so that Clear brings them back.

They are stored on the action, for each data-block under an identity that is stored on the data-block itself, because
names change. A renamed shape key or bone is found again by the action's curves, which Blender renames along, and by its
place.
"""

import json
import re
import uuid
from typing import Any, Final

import bpy

from .actions import Animated, curves_of_slot, slot_for

_BEFORE: Final = "emotalk_before"
_OWNER: Final = "emotalk_owner"

_CUSTOM: Final = re.compile(r'(.*)\["((?:[^"\\]|\\.)*)"\]')
"""The path of a custom property: what has it, and its name."""

_Value = tuple[str, int, float, int]
"""Data path, index in it, value, and the number of the shape key; -1 if it is none."""


def remember(owner: Animated, action: bpy.types.Action, earlier: list[bpy.types.Action]) -> None:
    """Store the values of all properties that an action is about to animate.

    Args:
        owner: the data-block, not yet animated by the action.
        action: one of ours.
        earlier: our other actions on the data-block: what they move has the value from before them.
    """
    numbers = _numbers_of_shape_keys(owner)
    values = {}
    for curve in curves_of_slot(action, slot_for(action, owner)):
        path, index = curve.data_path, curve.array_index
        if _resolves(owner, path):
            value = owner.path_resolve(path)
            values[path, index] = value if isinstance(value, float) else value[index]
    for other in earlier:
        values.update({(path, index): value for path, index, value in values_before(owner, other)})
    stored = _stored(action)
    identity = str(owner.get(_OWNER, ""))
    if not identity or identity in stored:  # a copy of another data-block of this character has that one's identity
        identity = owner[_OWNER] = uuid.uuid4().hex
    stored[identity] = [[path, index, value, numbers.get(path, -1)] for (path, index), value in values.items()]
    action[_BEFORE] = json.dumps(stored)


def restore(owner: Animated, action: bpy.types.Action) -> None:
    """Set a data-block's values from before our keys, which are gone by now, and forget them."""
    for path, index, value in values_before(owner, action):
        _set_value(owner, path, index, value)
    if owner.get(_OWNER) is not None:
        del owner[_OWNER]


def is_damaged(owner: Animated, action: bpy.types.Action) -> bool:
    """Whether the values from before an action cannot be read: somebody has edited its custom properties."""
    return _values_of(owner, action) is None


def values_before(owner: Animated, action: bpy.types.Action) -> list[tuple[str, int, float]]:
    """[path, index, value] from before an action, with the paths of today; empty if they are lost."""
    stored = _values_of(owner, action) or []
    today = _paths_today(owner, action, stored)
    return [(today[path], index, value) for path, index, value, _number in stored if path in today]


def _stored(action: bpy.types.Action) -> dict[str, Any]:
    try:
        stored = json.loads(action.get(_BEFORE, "{}"))
    except (TypeError, ValueError, RecursionError):
        return {}
    return stored if isinstance(stored, dict) else {}


def _values_of(owner: Animated, action: bpy.types.Action) -> list[_Value] | None:
    """The values as they are stored; None if there are none that can be read. Earlier versions used the name."""
    stored = _stored(action)
    values = stored.get(str(owner.get(_OWNER)), stored.get(owner.name))
    try:
        return [_checked(*value) for value in values]  # type: ignore[union-attr]
    except TypeError:
        return None


def _checked(path: object, index: object, value: object, number: object = -1) -> _Value:
    """Raises TypeError for a value that is none."""
    if not (isinstance(path, str) and isinstance(index, int) and isinstance(number, int)):
        raise TypeError
    if not isinstance(value, int | float):
        raise TypeError
    return path, index, float(value), number


def _paths_today(owner: Animated, action: bpy.types.Action, stored: list[_Value]) -> dict[str, str]:
    """Each stored path -> the path of the same property now; those that are gone are left out."""
    curves = list(dict.fromkeys(curve.data_path for curve in curves_of_slot(action, slot_for(action, owner))))
    paths = list(dict.fromkeys(path for path, *_ in stored))
    place = {number: path for path, number in _numbers_of_shape_keys(owner).items()}
    number_of = {path: number for path, _index, _value, number in stored}
    today: dict[str, str] = {}
    for position, path in enumerate(paths):
        there = place.get(number_of[path])
        # Two witnesses for a new name: the shape key in that place, and the curve in that place.
        if there is not None and curves[position : position + 1] == [there]:
            today[path] = there
    taken = set(today.values())
    for path in paths:
        if path not in today and path not in taken and _resolves(owner, path):
            today[path] = path
    lost = [path for path in paths if path not in today]
    free = [path for path in curves if path not in set(today.values())]
    if len(lost) == len(free):
        return {**today, **dict(zip(lost, free, strict=True))}
    taken = set(today.values())
    for path in lost:
        there = place.get(number_of[path])
        if there is not None and there not in taken:
            today[path] = there
    return today


def _numbers_of_shape_keys(owner: Animated) -> dict[str, int]:
    if not isinstance(owner, bpy.types.Key):
        return {}
    return {block.path_from_id("value"): number for number, block in enumerate(owner.key_blocks)}


def _resolves(owner: Animated, path: str) -> bool:
    try:
        owner.path_resolve(path)
    except ValueError:
        return False
    return True


def _set_value(owner: Animated, path: str, index: int, value: float) -> None:
    custom = _CUSTOM.fullmatch(path)
    holder, _, attribute = path.rpartition(".")
    try:
        if custom is not None:
            place: Any = owner.path_resolve(custom[1]) if custom[1] else owner
            place[bpy.utils.unescape_identifier(custom[2])] = value
            return
        target = owner.path_resolve(holder)
        if isinstance(getattr(target, attribute), float):
            setattr(target, attribute, value)
        else:
            getattr(target, attribute)[index] = value
    except (AttributeError, IndexError, TypeError, ValueError):
        return  # the property is gone
