"""Render docs/images/head_portrait.png, the sample head in a small studio, with Cycles: ``python docs/portrait.py``."""

import sys
from pathlib import Path

import bpy
from emotalk.blender_emotalk.heads import add_sample_head
from emotalk.face.arkit import sides
from mathutils import Vector

FACE_CENTRE = Vector((0, -0.02, 0.135))
CAMERA = Vector((0.27, -0.60, 0.155))
LIGHTS = (
    # place, watts, size in metres
    ((0.35, -0.85, 0.55), 7.0, 0.5),
    ((-0.75, -0.5, 0.15), 2.5, 0.7),
    ((-0.3, 0.8, 0.6), 9.0, 0.4),
)
SMILE = {
    "mouthSmile": 0.6,
    "cheekSquint": 0.35,
    "mouthUpperUp": 0.32,
    "mouthLowerDown": 0.1,
    "jawOpen": 0.08,
    "browOuterUp": 0.25,
    "browInnerUp": 0.1,
    "eyeWide": 0.1,
}


def portrait(path: Path, threads: int) -> None:
    """Write the picture."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    pose = {name: value for stem, value in SMILE.items() for name in sides(stem)}
    for child in add_sample_head(scene.collection).children:
        for key in child.data.shape_keys.key_blocks[1:] if child.data.shape_keys else ():
            key.value = pose.get(key.name, 0)
    for place, watts, size in LIGHTS:
        light = bpy.data.lights.new("Light", "AREA")
        light.energy, light.size = watts, size
        _place(bpy.data.objects.new("Light", light), Vector(place))
    camera = bpy.data.cameras.new("Camera")
    camera.lens = 80
    scene.camera = _place(bpy.data.objects.new("Camera", camera), CAMERA)
    scene.world = bpy.data.worlds.new("Backdrop")
    scene.world.use_nodes = True
    scene.world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.16, 0.22, 0.28, 1)
    scene.view_settings.view_transform = "Standard"
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 64
    scene.cycles.use_denoising = True
    scene.render.threads_mode, scene.render.threads = "FIXED", threads
    scene.render.resolution_x = scene.render.resolution_y = 480
    scene.render.image_settings.color_depth = "8"
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)


def _place(thing: bpy.types.Object, place: Vector) -> bpy.types.Object:
    thing.location = place
    thing.rotation_euler = (FACE_CENTRE - place).to_track_quat("-Z", "Y").to_euler()
    bpy.context.scene.collection.objects.link(thing)
    return thing


if __name__ == "__main__":
    portrait(Path(__file__).parent / "images" / "head_portrait.png", int(sys.argv[1]) if len(sys.argv) > 1 else 2)
