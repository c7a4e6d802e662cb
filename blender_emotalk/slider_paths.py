"""The animation paths of the sliders: Blender animates a slider by its line's place in the list."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import bpy

from .actions import active_slot, curve_lists
from .property_definitions import PROPERTY

_IN_LIST: Final = re.compile(rf"{PROPERTY}\.lines\[(\d+)\]")


def move(scene: bpy.types.Scene, places: Mapping[int, int | None]) -> None:
    """Let the keys and drivers of the sliders follow their lines.

    Args:
        scene: whose lines have moved.
        places: old place -> new place; None for a line that was removed, whose curves are removed too.
    """

    def moved(path: str) -> str | None:
        found = _IN_LIST.match(path)
        if found is None:
            return path
        old = int(found.group(1))
        new = places.get(old, old)
        return None if new is None else f"{PROPERTY}.lines[{new}]{path[found.end() :]}"

    _change(scene, moved)


def enter_list(scene: bpy.types.Scene, names: set[str]) -> None:
    """Let the keys of the only line that version 0.1.0 had follow it to the first place of the list.

    Args:
        scene: whose line it was.
        names: of the properties of a line.
    """

    def moved(path: str) -> str:
        first, _, rest = path.partition(".")
        name = re.split(r"[.\[]", rest)[0]
        return f"{PROPERTY}.lines[0].{rest}" if first == PROPERTY and name in names else path

    _change(scene, moved)


def _change(scene: bpy.types.Scene, moved: Callable[[str], str | None]) -> None:
    """Change the paths of a scene's curves and drivers; those that become None are removed."""
    for curves in _containers(scene):
        for curve in list(curves):
            path = moved(curve.data_path)
            if path is None:
                curves.remove(curve)
            elif path != curve.data_path:
                curve.data_path = path


def _containers(scene: bpy.types.Scene) -> Iterator[Any]:
    data = scene.animation_data
    if data is None:
        return
    yield data.drivers
    played = [(data.action, active_slot(data))]
    played += [
        (strip.action, getattr(strip, "action_slot", None)) for track in data.nla_tracks for strip in track.strips
    ]
    seen = set()
    for action, slot in played:
        key = action and (action.session_uid, getattr(slot, "handle", 0))
        if action is not None and key not in seen:
            seen.add(key)
            yield from curve_lists(action, slot)
