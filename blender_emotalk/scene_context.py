"""Blender's context for a scene that is not on the screen."""

import contextlib
from collections.abc import Iterator

import bpy


@contextlib.contextmanager
def context_in(scene: bpy.types.Scene | None) -> Iterator[bpy.types.Context]:
    """The context with this scene and its first view layer; as it is for the scene that it has, and for None."""
    if scene is None or scene == bpy.context.scene:
        yield bpy.context
        return
    with bpy.context.temp_override(scene=scene, view_layer=scene.view_layers[0]):
        yield bpy.context
