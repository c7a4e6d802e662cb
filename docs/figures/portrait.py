"""Draws head_portrait.png: the built-in head in a small studio, rendered with Cycles.

``python docs/figures/portrait.py [PICTURE]``. Needs the Blender module (bpy).
"""

import argparse
from pathlib import Path

import bpy
from emotalk.face.arkit import sides
from mathutils import Vector
from pictures import IMAGES
from studio import add_head, empty_scene, place, pose

FACE_CENTRE = Vector((0, -0.02, 0.135))
CAMERA = Vector((0.27, -0.60, 0.155))
LIGHTS = (
    # place, watts, size in metres
    ((0.35, -0.85, 0.55), 7.0, 0.5),
    ((-0.75, -0.5, 0.15), 2.5, 0.7),
    ((-0.3, 0.8, 0.6), 9.0, 0.4),
)
SMILE = {
    "mouthSmile": 0.5,
    "mouthDimple": 0.1,
    "cheekSquint": 0.35,
    "eyeSquint": 0.1,
    "browOuterUp": 0.15,
    "browInnerUp": 0.1,
}


def main() -> None:
    """Read the command line and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("picture", type=Path, nargs="?", default=IMAGES / "head_portrait.png")
    parser.add_argument("--size", type=int, default=456, help="edge in pixels")
    parser.add_argument("--samples", type=int, default=64, help="rays for each pixel")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    portrait(options.picture.resolve(), options.size, options.samples, options.threads)


def portrait(path: Path, size: int, samples: int, threads: int) -> None:
    """Write the picture."""
    scene = empty_scene(80, size)
    pose(add_head(scene), {name: value for stem, value in SMILE.items() for name in sides(stem)})
    place(scene.camera, CAMERA, FACE_CENTRE)
    for location, watts, width in LIGHTS:
        light = bpy.data.lights.new("Light", "AREA")
        light.energy, light.size = watts, width
        lamp = bpy.data.objects.new("Light", light)
        scene.collection.objects.link(lamp)
        place(lamp, Vector(location), FACE_CENTRE)
    scene.world.use_nodes = True
    scene.world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.16, 0.22, 0.28, 1)
    scene.render.engine = "CYCLES"
    scene.cycles.samples = samples
    scene.cycles.use_denoising = True
    scene.render.threads_mode, scene.render.threads = "FIXED", threads
    scene.render.image_settings.color_depth = "8"
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)


if __name__ == "__main__":
    main()
