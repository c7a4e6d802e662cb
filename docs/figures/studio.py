"""The built-in head in an empty scene before a camera. Draws no picture itself. Needs the Blender module (bpy)."""

from collections.abc import Mapping, Sequence

import bpy
from emotalk.blender_emotalk.heads import add_sample_head
from mathutils import Vector


def empty_scene(lens: float, size: int) -> bpy.types.Scene:
    """A scene with nothing but a camera and a world, for square pictures.

    Args:
        lens: focal length of the camera in millimetres.
        size: edge of a picture in pixels.
    """
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    camera = bpy.data.cameras.new("Camera")
    camera.lens = lens
    scene.camera = bpy.data.objects.new("Camera", camera)
    scene.collection.objects.link(scene.camera)
    scene.world = bpy.data.worlds.new("Backdrop")
    scene.view_settings.view_transform = "Standard"
    scene.render.resolution_x = scene.render.resolution_y = size
    return scene


def add_head(scene: bpy.types.Scene) -> list[bpy.types.Key]:
    """Add the built-in head; gives the shape keys of its parts."""
    parts = add_sample_head(scene.collection).children
    return [part.data.shape_keys for part in parts if part.data.shape_keys]


def pose(keys: Sequence[bpy.types.Key], coefficients: Mapping[str, float]) -> None:
    """Set every shape key; those that are not named go to 0."""
    for key in keys:
        for block in key.key_blocks[1:]:
            block.value = coefficients.get(block.name, 0)


def place(thing: bpy.types.Object, location: Vector, target: Vector) -> None:
    """Put a camera or a light somewhere, turned to a target."""
    thing.location = location
    thing.rotation_euler = (target - location).to_track_quat("-Z", "Y").to_euler()
