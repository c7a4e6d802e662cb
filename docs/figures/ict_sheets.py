"""Draws ict_visemes.png, ict_emotions.png and ict_line.png: ICT-FaceKit's visemes, emotions and the sample line.

``python docs/figures/ict_sheets.py ICT_FOLDER [FOLDER]``. Rendered with Workbench. Needs the Blender module (bpy) and
pillow, and your copy of ICT-FaceKit.
"""

import argparse
from pathlib import Path

import bpy
from contact_sheets import VISEMES, coefficients, lay_out, render, set_up
from emotalk.blender_emotalk.heads import add_head
from emotalk.demo.contact_sheet import choose_moments, draw_contact_sheet
from emotalk.demo.production import read_phones
from emotalk.face.controls import Controls
from emotalk.face.emotions import EMOTIONS, PROTOTYPES
from emotalk.face.ict_facekit import read_ict
from emotalk.inference.contract import SAMPLE_RATE
from emotalk.inference.engine import Engine
from emotalk.inference.sound.audio import read_speech
from mathutils import Vector
from pictures import IMAGES, save_small
from studio import empty_scene

LINE = Path(__file__).resolve().parents[2] / "samples" / "line.wav"
FRAME = (Vector((0, -0.07, -0.005)), 0.46)
_MOMENTS = 12
_COLOURS = 256


def main() -> None:
    """Read the command line and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ict", type=Path, help="the folder FaceXModel of ICT-FaceKit")
    parser.add_argument("folder", type=Path, nargs="?", default=IMAGES)
    parser.add_argument("--size", type=int, help="edge of every tile in pixels, in place of each sheet's own")
    options = parser.parse_args()
    scene = empty_scene(85, 480)
    keys = add_ict_head(scene, options.ict)
    set_up(scene)
    visemes = [(name, coefficients(row)) for name, row in VISEMES.items()]
    emotions = list(zip(EMOTIONS, PROTOTYPES, strict=True))
    for stem, poses, columns, size in (("ict_visemes", visemes, 10, 160), ("ict_emotions", emotions, 8, 200)):
        scene.render.resolution_x = scene.render.resolution_y = options.size or size
        lay_out(render(scene, keys, poses, ("front", "three-quarter"), FRAME), columns, options.folder / f"{stem}.png")
    scene.render.resolution_x = scene.render.resolution_y = options.size or 200
    draw_line(scene, keys, options.folder / "ict_line.png")


def add_ict_head(scene: bpy.types.Scene, folder: Path) -> list[bpy.types.Key]:
    """Add ICT-FaceKit's head without its lashes, which are strips for a texture; gives the shape keys of its parts."""
    head = read_ict(folder)
    parts = [part for part in head.parts if part.name != "lashes"]
    armature = add_head(scene.collection, "ICT", parts, head.bones)
    return [part.data.shape_keys for part in armature.children if part.data.shape_keys]


def draw_line(scene: bpy.types.Scene, keys: list[bpy.types.Key], path: Path) -> None:
    """The sample line as frames over its waveform."""
    speech = read_speech(LINE)
    face = Engine().perform(speech, Controls()).face
    phones = read_phones(LINE.with_suffix(".phones"))
    moments = choose_moments(speech.seconds, phones, _MOMENTS)
    poses = [("", face.values[min(round(moment * face.fps), len(face.values) - 1)]) for moment in moments]
    stills = render(scene, keys, poses, ("front",), FRAME)
    sheet = draw_contact_sheet(stills, moments, speech.samples, SAMPLE_RATE, phones, "The sample line on ICT-FaceKit")
    save_small(sheet, path, _COLOURS, refinements=1)


if __name__ == "__main__":
    main()
