"""Draws emote_heads.png: a head of FLAME's topology and the built-in one speak a line with EMOTE, from sad to happy.

``python docs/figures/emote_heads.py FLAME_NPZ WEIGHTS [PICTURE] [--line WAV]``. Needs the Blender module (bpy),
PyTorch and pillow. FLAME and weights are yours, or what ``emote_captures.py`` and ``emotalk train`` make. All of it is
done with the buttons of the tab: FLAME Head, the model, Animate, the emotion's keys. Prints the gaps between the lips.
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

import bpy
import emotalk
import numpy as np
from emotalk.blender_emotalk import background, flame_heads, heads, model_choice, runs
from emotalk.blender_emotalk.characters import find_character
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.blender_emotalk.preferences import preferences_of
from emotalk.face import landmarks
from emotalk.face.sample_head.landmarks import sample_landmarks
from emotalk.inference.sound.audio import read_speech
from mathutils import Vector
from pictures import IMAGES, save_small
from PIL import Image
from studio import empty_scene, place

LINE = Path(__file__).resolve().parents[2] / "samples" / "line.wav"
FPS = 25
_SPACING = 0.27
_COLOURS = 160


def main() -> None:
    """Read the command line and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("flame", type=Path, help="a FLAME file")
    parser.add_argument("weights", type=Path, help="EMOTE's, of that FLAME")
    parser.add_argument("picture", type=Path, nargs="?", default=IMAGES / "emote_heads.png")
    parser.add_argument("--line", type=Path, default=LINE)
    parser.add_argument("--moments", type=float, nargs="+", default=[0.48, 1.25, 2.31, 3.43, 4.80], help="seconds")
    parser.add_argument("--size", type=int, default=200, help="edge of each face in pixels")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scene = empty_scene(85, options.size)
        install(options.weights, Path(folder))  # into the preferences, which an empty scene begins with
        faces = perform(scene, options.flame, options.line)
        draw(scene, faces, options.moments, options.picture, options.size)
        runs.close()
        background.close()
    sys.stdout.flush()
    os._exit(0)  # the module may hang when the interpreter ends after sound was used


def install(weights: Path, folder: Path) -> None:
    """The extension with these weights and this Python as the one with PyTorch; what it keeps goes into a folder."""
    os.environ["EMOTALK_WEIGHTS"] = str(folder)
    flame_heads.user_folder = lambda name: folder / name
    shutil.copy(weights, folder / "EMOTE.safetensors")
    bpy.context.preferences.addons.new().module = "emotalk"
    emotalk.register()
    preferences_of(bpy.context).torch_python = sys.executable
    model_choice.refresh()


def perform(scene: bpy.types.Scene, flame: Path, sound: Path) -> dict[str, bpy.types.Object]:
    """Both heads speak the line, sad at its start and happy at its end; gives their armatures."""
    scene.render.fps = FPS
    bpy.ops.emotalk.import_flame(filepath=str(flame), identities=0)
    flame_head = bpy.context.view_layer.objects.active
    built_in = heads.add_sample_head(scene.collection)
    line = line_to_set(scene)
    line.audio = str(sound)
    bpy.ops.emotalk.choose_model(model="EMOTE")
    line.intensity = 1.5  # the level of the captures
    end = line.start_frame + round(read_speech(sound).seconds * FPS)
    for frame, sad in ((line.start_frame, 1), (end, 0)):
        scene.frame_set(frame)
        line.sad, line.happy = sad, 1 - sad
        bpy.ops.emotalk.key_emotion()
    armatures = {"FLAME topology": flame_head, "built-in": built_in}
    for name, armature in armatures.items():
        line.character = armature
        bpy.ops.emotalk.animate()
        print(f"{name}: {find_character(armature, scene).name}, {len(bpy.data.actions)} actions")
    return armatures


def draw(
    scene: bpy.types.Scene, faces: dict[str, bpy.types.Object], moments: list[float], path: Path, size: int
) -> None:
    """A row of faces for each head, a column for each moment; prints the gaps between the lips."""
    marks = {"FLAME topology": np.array(landmarks.FLAME), "built-in": sample_landmarks()}
    scene.render.resolution_x, scene.render.resolution_y = size, size
    scene.camera.data.type, scene.camera.data.ortho_scale = "ORTHO", _SPACING
    scene.render.engine = "BLENDER_WORKBENCH"
    shading = scene.display.shading
    shading.light, shading.color_type, shading.studio_light = "STUDIO", "MATERIAL", "paint.sl"
    shading.show_cavity = True
    shading.background_type, shading.background_color = "VIEWPORT", (0.045, 0.055, 0.075)
    scene.display.render_aa = "8"
    picture = Image.new("RGB", (size * len(moments), size * len(faces)))
    with tempfile.TemporaryDirectory() as folder:
        scene.render.filepath = str(Path(folder) / "face.png")
        for row, (name, armature) in enumerate(faces.items()):
            for each in faces.values():
                for part in each.children:
                    part.hide_render = each is not armature
            scene.frame_set(0)
            skin = next(part for part in armature.children if part.data.shape_keys and _count(part) > max(marks[name]))
            mouth = Vector(_places(skin)[marks[name][list(landmarks.LIPS)]].mean(axis=0))
            place(scene.camera, mouth + Vector((0, -4, 0.035)), mouth + Vector((0, 0, 0.035)))
            gaps = []
            for column, moment in enumerate(moments):
                scene.frame_set(round(scene.frame_start + moment * FPS))
                gaps.append(landmarks.lip_gap_mm(_places(skin), marks[name], 2))
                bpy.ops.render.render(write_still=True)
                with Image.open(scene.render.filepath) as face:
                    picture.paste(face.convert("RGB"), (size * column, size * row))
            print(f"{name}: lips {', '.join(f'{gap:.1f}' for gap in gaps)} mm apart")
    save_small(picture, path, _COLOURS, refinements=8)


def _count(part: bpy.types.Object) -> int:
    return len(part.data.vertices)


def _places(part: bpy.types.Object) -> np.ndarray:
    """(V, 3) metres in the world, as shape keys and bones pose them at this frame."""
    mesh = part.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    places = np.empty(3 * len(mesh.vertices))
    mesh.vertices.foreach_get("co", places)
    matrix = np.array(part.matrix_world)
    return places.reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3]


if __name__ == "__main__":
    main()
