"""Draws laughing_line.png: the sample line with a laugh in its middle, by two heads, at laughter 0, 1 and 1.5.

``python docs/figures/laughing_line.py FLAME_SKIN_NPZ LAUGH [--film FILE.mp4] [--model ID]``. Needs the Blender module
(bpy), pillow, and ffmpeg for the film. LAUGH is a clip of ESC-50; its first bout is spliced in after "if anybody".
"""

import argparse
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import bpy
import numpy as np
import soundfile
from emotalk.blender_emotalk.heads import add_head
from emotalk.demo.production import read_phones
from emotalk.face import landmarks
from emotalk.face.controls import Controls
from emotalk.face.curves import FaceCurves
from emotalk.face.phones import PhoneSegment, fill_gaps, parse_label
from emotalk.inference.contract import SAMPLE_RATE, Speech
from emotalk.inference.engine import Engine
from emotalk.inference.models.laughtalk_compact import MODEL_ID
from emotalk.inference.models.loading import ModelChoice
from emotalk.inference.sound.audio import read_speech
from emotalk.training.laughter.laughing_lines import LaughingLine, splice
from emotalk.training.laughter.laughs import Laugh, laugh_of
from emotalk.training.sounds.nonverbal import LAUGHING, SoundClip
from mathutils import Vector
from pictures import IMAGES, save_small
from PIL import Image, ImageDraw
from studio import empty_scene, place, pose
from three_heads import LINE, Face, flame_face, sample_face

GAINS = (0.0, 1.0, 1.5)
_MIDDLE = 0.5
_TAIL = 1.5
"""Seconds of quiet after the line, in which a smile may fade."""
_FILM_FPS = 10
_MOMENTS = 9
_SPACING = 0.22
_ROWS_APART = 0.28
_SIZE = 128
_COLOURS = 128


def main() -> None:
    """Read the command line and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("skin", type=Path, help="an .npz with vertices and triangles of FLAME's skin")
    parser.add_argument("laugh", type=Path, help="a clip of ESC-50")
    parser.add_argument("--model", default=MODEL_ID, help=f"({MODEL_ID})")
    parser.add_argument("--picture", type=Path, default=IMAGES / "laughing_line.png")
    parser.add_argument("--film", type=Path, help="also write every frame as an .mp4")
    options = parser.parse_args()
    line = laughing_line(options.laugh)
    speech, engine = Speech(line.samples), Engine()
    choice = ModelChoice(options.model)
    tracks = [engine.perform(speech, Controls({"laughter": gain}), choice).face for gain in GAINS]
    columns = build((sample_face(), flame_face(options.skin)))
    seconds = moments(line)
    with tempfile.TemporaryDirectory() as folder:
        stills = [render(columns, tracks, second, Path(folder) / "still.png") for second in seconds]
        draw(stills, seconds, options.picture)
        if options.film:
            count = int(speech.seconds * _FILM_FPS)
            for number in range(count):
                render(columns, tracks, number / _FILM_FPS, Path(folder) / f"{number:04d}.png")
            encode(Path(folder), speech, options.film)
    print(f"{options.picture}: laughs at {', '.join(f'{a:.2f}-{b:.2f} s' for a, b in line.bouts)}")


def laughing_line(path: Path) -> LaughingLine:
    """The sample line, with the first bout of a laugh in its middle and quiet after it."""
    speech = read_speech(LINE)
    phones = [PhoneSegment(parse_label(p.name), p.start, p.end) for p in read_phones(LINE.with_suffix(".phones"))]
    clip = laugh_of(SoundClip(path.stem, LAUGHING, read_speech(path).samples, True))
    start, end = clip.bouts[0]
    first = Laugh(
        clip.name,
        clip.samples[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)],
        ((0.0, end - start),),
        clip.calls,
    )
    plain = LaughingLine(speech.samples, fill_gaps(phones, speech.seconds))
    laughing = splice(plain, first, _MIDDLE * speech.seconds, 0.0)
    quiet = np.random.default_rng(0).normal(0, 1e-4, int(_TAIL * SAMPLE_RATE)).astype(np.float32)
    return LaughingLine(np.concatenate([laughing.samples, quiet]), laughing.phones, laughing.laughs)


def moments(line: LaughingLine) -> list[float]:
    """A word, the laugh from its beginning on, the word after it, and the afterglow."""
    start, end = line.bouts[0]
    return [0.5 * start, *np.linspace(start - 0.05, end, _MOMENTS - 4), end + 0.4, end + 0.9, line.seconds - 0.4]


def build(faces: tuple[Face, ...]) -> list[list[bpy.types.Key]]:
    """One column of faces for each gain in an empty scene; gives the shape keys of each column."""
    scene = empty_scene(85, _SIZE)
    scene.render.resolution_x, scene.render.resolution_y = (
        _SIZE * len(GAINS),
        round(_SIZE * _ROWS_APART / _SPACING) * len(faces),
    )
    columns: list[list[bpy.types.Key]] = [[] for _ in GAINS]
    for row, face in enumerate(faces):
        mouth = face.mesh.vertices[face.mesh.landmarks[list(landmarks.LIPS)]].mean(axis=0)
        for column, keys in enumerate(columns):
            armature = add_head(scene.collection, f"{face.name} {column}", face.parts, face.bones)
            armature.location = Vector((_SPACING * (column - 1), 0, -_ROWS_APART * row)) - Vector(mouth)
            keys += [part.data.shape_keys for part in armature.children if part.data.shape_keys]
    middle = -_ROWS_APART * (len(faces) - 1) / 2 + 0.035
    place(scene.camera, Vector((0, -4, middle + 0.06)), Vector((0, 0, middle)))
    scene.camera.data.type, scene.camera.data.ortho_scale = (
        "ORTHO",
        max(_SPACING * len(GAINS), _ROWS_APART * len(faces)),
    )
    scene.render.engine = "BLENDER_WORKBENCH"
    shading = scene.display.shading
    shading.light, shading.color_type, shading.studio_light = "STUDIO", "MATERIAL", "paint.sl"
    shading.show_cavity = True
    shading.background_type, shading.background_color = "VIEWPORT", (0.045, 0.055, 0.075)
    scene.display.render_aa = "8"
    return columns


def render(columns: list[list[bpy.types.Key]], tracks: Sequence[FaceCurves], second: float, path: Path) -> Image.Image:
    """A picture of all faces at a moment."""
    for keys, curves in zip(columns, tracks, strict=True):
        row = curves.values[min(round(second * curves.fps), curves.frames - 1)]
        pose(keys, dict(zip(curves.channels, row.tolist(), strict=True)))
    bpy.context.scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    with Image.open(path) as picture:
        return picture.convert("RGB")


def draw(stills: list[Image.Image], seconds: list[float], path: Path) -> None:
    """The moments side by side, each with its time: columns are the gains, rows the heads."""
    width, height = stills[0].size
    across = 3
    picture = Image.new("RGB", (width * across, height * -(-len(stills) // across)))
    pen = ImageDraw.Draw(picture)
    for number, (still, second) in enumerate(zip(stills, seconds, strict=True)):
        corner = (width * (number % across), height * (number // across))
        picture.paste(still, corner)
        pen.text((corner[0] + 4, corner[1] + 2), f"{second:.2f} s", fill=(230, 230, 230))
    save_small(picture, path, _COLOURS, refinements=8)


def encode(folder: Path, speech: Speech, path: Path) -> None:
    """The numbered pictures of a folder as a film with the line's sound."""
    sound = folder / "line.wav"
    soundfile.write(sound, speech.samples, SAMPLE_RATE)
    pictures = ["-framerate", str(_FILM_FPS), "-i", str(folder / "%04d.png"), "-i", str(sound)]
    how = [
        "-c:v",
        "libx264",
        "-crf",
        "28",
        "-pix_fmt",
        "yuv420p",
        "-c:a",
        "aac",
        "-b:a",
        "64k",
        "-movflags",
        "+faststart",
    ]
    subprocess.run(["ffmpeg", "-loglevel", "error", "-y", *pictures, *how, str(path)], check=True)


if __name__ == "__main__":
    main()
