"""A stage for a portrait: camera, three lights, a plain background and render settings."""

import math
from typing import Any, Final, cast

import bpy
from mathutils import Vector

FOCAL_LENGTH: Final = 85.0
"""Millimetres; a portrait lens, which does not enlarge the nose."""

_LIGHTS: Final = (
    # name, direction from the face, distance and size in face heights, watts per square metre of face, colour
    ("Key", (-0.6, -1.0, 0.55), 3.0, 1.6, 30.0, (1.0, 0.95, 0.88)),
    ("Fill", (0.9, -0.8, 0.1), 3.5, 2.5, 10.0, (0.85, 0.92, 1.0)),
    ("Rim", (0.3, 1.0, 0.8), 3.0, 1.0, 25.0, (1.0, 1.0, 1.0)),
)
_BACKGROUND: Final = (0.045, 0.055, 0.075)


def set_stage(scene: bpy.types.Scene, meshes: list[bpy.types.Object], size: int = 480) -> None:
    """Frame the character's face with a camera, light it, and set the renderer up for quick pictures.

    Args:
        scene: to add them to.
        meshes: the character; the camera looks at the upper part of their bounding box.
        size: edge of the square picture in pixels.
    """
    low, high = _bounds(meshes)
    height = min(high.z - low.z, 1.3 * (high.x - low.x))
    centre = Vector(((low.x + high.x) / 2, (low.y + high.y) / 2, high.z - 0.62 * height))
    _add_camera(scene, centre, 1.34 * height)
    for name, direction, distance, width, strength, colour in _LIGHTS:
        light = _add_light(scene, name, centre, Vector(direction).normalized() * distance * height)
        light.size, light.energy, light.color = width * height, strength * (height * distance) ** 2, colour
    _set_background(scene)
    _set_renderer(scene, size)


def _bounds(meshes: list[bpy.types.Object]) -> tuple[Vector, Vector]:
    corners = [mesh.matrix_world @ Vector(corner) for mesh in meshes for corner in mesh.bound_box]
    return (
        Vector([min(corner[axis] for corner in corners) for axis in range(3)]),
        Vector([max(corner[axis] for corner in corners) for axis in range(3)]),
    )


def _add_camera(scene: bpy.types.Scene, centre: Vector, extent: float) -> None:
    lens = bpy.data.cameras.new("Portrait")
    lens.lens = FOCAL_LENGTH
    camera = bpy.data.objects.new("Portrait", lens)
    distance = extent / 2 / math.tan(lens.angle / 2)
    offset = Vector((-0.16, -1.0, 0.03)).normalized() * distance
    camera.location = centre + offset
    camera.rotation_euler = (-offset).to_track_quat("-Z", "Y").to_euler()
    scene.collection.objects.link(camera)
    scene.camera = camera


def _add_light(scene: bpy.types.Scene, name: str, centre: Vector, offset: Vector) -> bpy.types.AreaLight:
    light = cast(bpy.types.AreaLight, bpy.data.lights.new(name, "AREA"))
    lamp = bpy.data.objects.new(name, light)
    lamp.location = centre + offset
    lamp.rotation_euler = (-offset).to_track_quat("-Z", "Y").to_euler()
    scene.collection.objects.link(lamp)
    return light


def _set_background(scene: bpy.types.Scene) -> None:
    world = bpy.data.worlds.new("Stage")
    world.color = _BACKGROUND
    scene.world = world


def _set_renderer(scene: bpy.types.Scene, size: int) -> None:
    # The stubs allow None for members that a scene always has, and lack the engines, which are add-ons.
    render: Any = scene.render
    display: Any = scene.display
    view: Any = scene.view_settings
    render.engine = "BLENDER_WORKBENCH"
    render.resolution_x = render.resolution_y = size
    render.resolution_percentage = 100
    shading = display.shading
    shading.light, shading.color_type, shading.studio_light = "STUDIO", "MATERIAL", "paint.sl"
    shading.show_cavity, shading.cavity_type = True, "BOTH"
    shading.show_shadows = False
    shading.background_type, shading.background_color = "WORLD", _BACKGROUND
    display.render_aa = "FXAA"
    view.view_transform = "Standard"
