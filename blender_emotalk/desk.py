"""The dialogue list of a scene: adding, removing and ordering its lines."""

from typing import Final

import bpy

from . import line_identity, slider_paths, stored_properties
from .access import active_line, desk_of
from .properties import LineProperties

NO_LINE: Final = "Add a line first: choose a sound"
_OF_ONE_LINE: Final = ("identity", "state", "failure", "remarks", "performed_inputs", "key_count", "live")


def add_line(scene: bpy.types.Scene) -> LineProperties:
    """A new line at the end of the scene's list, active; model and settings of the keys are those of the line before.

    Callers choose its sound next, which names it.
    """
    before = active_line(scene)
    model, existing_keys = (before.model, before.existing_keys) if before else ("", "KEEP")
    desk = desk_of(scene)
    line = desk.lines.add()
    line_identity.begin(line)
    desk.active_index = len(desk.lines) - 1
    line.model, line.existing_keys = model, existing_keys
    return line


def line_to_set(scene: bpy.types.Scene) -> LineProperties:
    """The active line; a new one if the list is empty."""
    return active_line(scene) or add_line(scene)


def copy_of_active_line(scene: bpy.types.Scene) -> LineProperties:
    """A new line with the sound and the settings of the active one; an empty one if the list is empty."""
    line = active_line(scene)
    return duplicate_line(scene, index_of(scene, line)) if line else add_line(scene)


def index_of(scene: bpy.types.Scene, line: LineProperties) -> int:
    """The place of a line in its scene's list. Raises ValueError if it is not in it."""
    return [other.as_pointer() for other in desk_of(scene).lines].index(line.as_pointer())


def line_of_identity(scene: bpy.types.Scene, identity: str) -> LineProperties | None:
    """The scene's line of this identity; None if it was removed."""
    lines = desk_of(scene).lines
    return next((line for line in lines if line_identity.identity_of(line) == identity), None)


def remove_line(scene: bpy.types.Scene, index: int) -> None:
    """Take a line off the list; its keys on the character stay. The keys of its own sliders go with it.

    Raises:
        IndexError: there is no such line.
    """
    desk = desk_of(scene)
    count = len(desk.lines)
    if not 0 <= index < count:
        raise IndexError(index)
    desk.lines.remove(index)
    slider_paths.move(scene, {old: old - (old > index) if old != index else None for old in range(count)})
    desk.active_index = max(0, min(desk.active_index - (desk.active_index > index), len(desk.lines) - 1))


def move_line(scene: bpy.types.Scene, index: int, to: int) -> None:
    """Move a line to another place in the list; it stays active if it was.

    Raises:
        IndexError: there is no such place.
    """
    desk = desk_of(scene)
    count = len(desk.lines)
    if not (0 <= index < count and 0 <= to < count):
        raise IndexError((index, to))
    order = list(range(count))
    order.insert(to, order.pop(index))
    desk.lines.move(index, to)
    places = {old: new for new, old in enumerate(order)}
    slider_paths.move(scene, places)
    desk.active_index = places[desk.active_index]


def duplicate_line(scene: bpy.types.Scene, index: int) -> LineProperties:
    """A copy of a line below it, active: the same sound and settings, but a line of its own, not animated yet.

    Keys of its sliders are not copied.

    Raises:
        IndexError: there is no such line.
    """
    desk = desk_of(scene)
    if not 0 <= index < len(desk.lines):
        raise IndexError(index)
    values = stored_properties.stored(desk.lines[index])
    copy = desk.lines.add()
    stored_properties.store(copy, {name: value for name, value in values.items() if name not in _OF_ONE_LINE})
    line_identity.begin(copy)
    copy.name = line_identity.free_name(copy, line_identity.line_name(copy))
    last = len(desk.lines) - 1
    desk.active_index = last
    move_line(scene, last, index + 1)
    return desk.lines[index + 1]
