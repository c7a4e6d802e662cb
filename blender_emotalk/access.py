"""Typed access to our properties and to the context.

Blender's stubs do not include the properties that an extension adds, and allow None for every member of a context. In
callbacks of operators, panels and timers the scene and the window manager always exist.
"""

from typing import cast

import bpy

from .properties import LineProperties, RunProperties, SceneProperties
from .property_definitions import PROPERTY


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


def desk_of(scene: bpy.types.Scene) -> SceneProperties:
    """What we store in a scene: its lines, and which of them is active."""
    desk: SceneProperties = getattr(scene, PROPERTY)
    return desk


def active_line(scene: bpy.types.Scene) -> LineProperties | None:
    """The line that is selected in the scene's dialogue list; None if the list is empty."""
    desk = desk_of(scene)
    return desk.lines[min(desk.active_index, len(desk.lines) - 1)] if len(desk.lines) else None


def current_line(context: bpy.types.Context) -> LineProperties | None:
    """The active line of the scene that the animator sees; None if its list is empty."""
    return active_line(scene_of(context))


def run_state(context: bpy.types.Context) -> RunProperties:
    """The state of the run in the background."""
    state: RunProperties = getattr(window_manager_of(context), PROPERTY)
    return state
