"""The mouse buttons of words and sounds in the timelines."""

from typing import Any, Final

import bpy

from .access import window_manager_of

_EDITORS: Final[tuple[tuple[str, Any], ...]] = (
    ("Sequencer", "SEQUENCE_EDITOR"),
    ("Dopesheet", "DOPESHEET_EDITOR"),
    ("Graph Editor", "GRAPH_EDITOR"),
)
_BUTTONS: Final[tuple[tuple[str, Any, Any], ...]] = (
    ("emotalk.move_boundary", "LEFTMOUSE", "PRESS"),
    ("emotalk.show_sound_menu", "RIGHTMOUSE", "PRESS"),
)
_added: Final[list[tuple[Any, Any]]] = []


def add() -> None:
    """Add them; where nothing of ours is under the mouse, a click goes on to Blender. Background Blender has none."""
    keymaps = window_manager_of(bpy.context).keyconfigs.addon
    if keymaps is None:
        return
    for name, space in _EDITORS:
        keymap = keymaps.keymaps.new(name=name, space_type=space)
        for operator, button, value in _BUTTONS:
            _added.append((keymap, keymap.keymap_items.new(operator, button, value)))


def remove() -> None:
    """Remove them."""
    while _added:
        keymap, item = _added.pop()
        keymap.keymap_items.remove(item)
