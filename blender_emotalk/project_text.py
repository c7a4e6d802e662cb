"""The project file of captures as one of Blender's texts."""

from pathlib import Path
from typing import Any

import bpy

from .access import window_manager_of


def load(project: Path) -> bpy.types.Text:
    """The text of a file: the one that is open already, read again if somebody else has changed the file.

    Changes of the animator's that are not saved yet stay.
    """
    for text in bpy.data.texts:
        if text.filepath and Path(bpy.path.abspath(text.filepath)) == project:
            if text.is_modified and not text.is_dirty:
                text.from_string(project.read_text("utf-8"))
            return text
    return bpy.data.texts.load(str(project))


def show(context: bpy.types.Context, text: bpy.types.Text) -> None:
    """Show a text in a text editor that is open, else in a new window."""
    for window in window_manager_of(context).windows:
        for area in window.screen.areas:
            if area.type == "TEXT_EDITOR":
                _put(area, text)
                return
    bpy.ops.wm.window_new()
    area = window_manager_of(context).windows[-1].screen.areas[0]
    area.type = "TEXT_EDITOR"
    _put(area, text)


def _put(area: bpy.types.Area, text: bpy.types.Text) -> None:
    space: Any = area.spaces.active
    space.text = text
    space.top = 0
    area.tag_redraw()
