"""The mouse buttons of words and sounds in the timelines."""

from typing import Any, Final

import bpy

from .access import window_manager_of

_EDITORS: Final[tuple[tuple[str, Any], ...]] = (
    ("Sequencer", "SEQUENCE_EDITOR"),
    ("Dopesheet", "DOPESHEET_EDITOR"),
    ("Graph Editor", "GRAPH_EDITOR"),
)
_TOOLS: Final = (
    "Sequencer Tool: Select Box",
    "Sequencer Tool: Select Lasso",
    "Sequencer Tool: Select Circle",
    "Sequencer Timeline Tool: Select Box",
    "Sequencer Timeline Tool: Tweak",
)
"""Tools of the Sequencer that take the left button before the editor does: those of Blender 5, and of 4."""
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
    found = [keymaps.keymaps.new(name=name, space_type=space) for name, space in _EDITORS]
    found += [keymaps.keymaps.new(name=name, space_type="SEQUENCE_EDITOR", tool=True) for name in _TOOLS]
    for keymap in found:
        for operator, button, value in _BUTTONS:
            _added.append((keymap, keymap.keymap_items.new(operator, button, value)))


def remove() -> None:
    """Remove them."""
    while _added:
        keymap, item = _added.pop()
        keymap.keymap_items.remove(item)
