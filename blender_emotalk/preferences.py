"""Preferences of the extension."""

import sys
from pathlib import Path
from typing import Final

import bpy

_EXTENSION: Final = __package__.rpartition(".")[0]


class EmoTalkPreferences(bpy.types.AddonPreferences):
    """What holds for every file of this animator."""

    bl_idname = _EXTENSION

    worker_python: bpy.props.StringProperty(
        name="Worker's Python",
        description="Another Python to run networks in; empty for Blender's own, which suits the built-in one",
        subtype="FILE_PATH",
    )

    def draw(self, context: bpy.types.Context) -> None:
        """The preferences in Blender's window."""
        self.layout.prop(self, "worker_python")


def worker_python(context: bpy.types.Context) -> Path:
    """The interpreter that the worker runs in."""
    addon = context.preferences.addons.get(_EXTENSION)
    chosen = addon.preferences.worker_python if addon and addon.preferences else ""
    return Path(bpy.path.abspath(chosen) if chosen else sys.executable)
