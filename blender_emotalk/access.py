"""Our properties, and the scene they belong to, with their types.

Blender's stubs do not know what an extension adds to its types, and let whatever a context holds be None. In callbacks
of operators, panels and timers the scene and the window manager are always there.
"""

from typing import Final, cast

import bpy

from .properties import LineProperties, RunProperties

PROPERTY: Final = "emotalk"
"""The name of our properties, on scenes and on the window manager alike."""


def scene_of(context: bpy.types.Context) -> bpy.types.Scene:
    """The scene that the animator sees."""
    return cast(bpy.types.Scene, context.scene)


def view_layer_of(context: bpy.types.Context) -> bpy.types.ViewLayer:
    """The view layer that the animator sees."""
    return cast(bpy.types.ViewLayer, context.view_layer)


def window_manager_of(context: bpy.types.Context) -> bpy.types.WindowManager:
    """The window manager."""
    return cast(bpy.types.WindowManager, context.window_manager)


def preferences_of_blender(context: bpy.types.Context) -> bpy.types.Preferences:
    """All preferences of the animator; ours are ``preferences.preferences_of``."""
    return cast(bpy.types.Preferences, context.preferences)


def line_of_scene(scene: bpy.types.Scene) -> LineProperties:
    """The line of a scene."""
    line: LineProperties = getattr(scene, PROPERTY)
    return line


def current_line(context: bpy.types.Context) -> LineProperties:
    """The line of the scene that the animator sees."""
    return line_of_scene(scene_of(context))


def run_state(context: bpy.types.Context) -> RunProperties:
    """How the run in the background is doing."""
    state: RunProperties = getattr(window_manager_of(context), PROPERTY)
    return state
