"""Typed access to our properties and to the context.

Blender's stubs do not include the properties that an extension adds, and allow None for every member of a context. In
callbacks of operators, panels and timers the scene and the window manager always exist.
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
    """The state of the run in the background."""
    state: RunProperties = getattr(window_manager_of(context), PROPERTY)
    return state
