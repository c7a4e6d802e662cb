"""Performances of a line on built-in heads side by side, as a film with its sound."""

import math
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import bpy
import soundfile

from ..blender_emotalk import baking
from ..blender_emotalk.characters import find_character
from ..blender_emotalk.heads import add_sample_head
from ..blender_emotalk.keyframes import Timing
from ..blender_emotalk.strips import add_sound_strip
from ..face.curves import Performance
from ..inference.contract import SAMPLE_RATE, Speech
from .film import render_film
from .production import FIRST_FRAME, FPS, new_scene
from .stage import set_stage

_WIDTH: Final = 320
_HEIGHT: Final = 400
"""Of the picture of each head, in pixels."""

_SHOWN: Final = 1.32
"""Height that the picture shows, in heights of a head."""

_LETTERS: Final = 0.07
"""Height of the names, in heights of a head."""

_TOLERANCE: Final = 0.0
"""A key in every frame: the film shows the curves as they are."""


def film_side_by_side(
    speech: Speech, faces: Sequence[tuple[str, Performance]], path: Path, on_frame: Callable[[int, int], None]
) -> bpy.types.Scene:
    """Write a film of faces that speak the same line, from left to right, each with its name under it.

    It closes the file that is open in this Blender: use it with the bpy module, not in an interactive session.

    Args:
        speech: the line.
        faces: name and performance of each; they start with the sound. What the built-in head has no shape for stays
            still.
        path: the .mp4 to write.
        on_frame: called after each frame with the numbers of finished and of all frames.

    Returns:
        The scene of the film, which is open now.

    Raises:
        EmoTalkError: the film did not become whole.
    """
    frames = max(int(len(speech.samples) / SAMPLE_RATE * FPS), 1)
    scene = new_scene(frames)
    meshes: list[bpy.types.Object] = []
    shown = 0.0
    for number, (name, performance) in enumerate(faces):
        head = add_sample_head(scene.collection, name)
        own = [child for child in head.children if child.type == "MESH"]
        height = max(mesh.dimensions.z for mesh in own)
        shown = _SHOWN * height
        head.location.x = (number - (len(faces) - 1) / 2) * shown * _WIDTH / _HEIGHT
        _add_name(scene, name, head.location.x, height)
        baking.bake(
            performance,
            find_character(head, scene),
            name,
            Timing.of(scene, FIRST_FRAME, performance.face.fps),
            baking.KeySettings(_TOLERANCE),
        )
        meshes += own
    scene.view_layers[0].update()
    set_stage(scene, meshes, _HEIGHT)
    _flatten(scene, len(faces), shown)
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / "line.wav"
        soundfile.write(sound, speech.samples, SAMPLE_RATE)
        add_sound_strip(scene, "line", str(sound), FIRST_FRAME)
        render_film(scene, path, lambda done: on_frame(done, frames))
    return scene


def _add_name(scene: bpy.types.Scene, name: str, x: float, height: float) -> None:
    curve: Any = bpy.data.curves.new(name, "FONT")
    curve.body, curve.align_x, curve.size = name, "CENTER", _LETTERS * height
    letters = bpy.data.objects.new(f"{name} Name", curve)
    letters.location, letters.rotation_euler.x = (x, -height, 0), math.pi / 2
    scene.collection.objects.link(letters)


def _flatten(scene: bpy.types.Scene, heads: int, shown: float) -> None:
    """Show all heads alike: without perspective, in a picture as wide as they need."""
    render: Any = scene.render
    render.resolution_x = heads * _WIDTH
    camera: Any = scene.camera
    camera.data.type, camera.data.sensor_fit, camera.data.ortho_scale = "ORTHO", "VERTICAL", shown
