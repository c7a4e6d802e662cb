"""Show the mouth at each p, b, m, f, v of a recording and at the vowel after it.

``python docs/contacts_over_phones.py SOUND "WHAT IS SAID" [picture]``. Needs the Blender module (bpy), pillow and
pocketsphinx, which finds when each phone is spoken.
"""

import sys
from pathlib import Path

import bpy
from emotalk.blender_emotalk import baking
from emotalk.blender_emotalk.characters import find_character
from emotalk.blender_emotalk.heads import add_sample_head
from emotalk.blender_emotalk.keyframes import Timing
from emotalk.demo.contact_sheet import Phone, draw_contact_sheet
from emotalk.demo.film import render_stills
from emotalk.demo.stage import set_stage
from emotalk.face.controls import Controls
from emotalk.inference.contract import SAMPLE_RATE, Speech
from emotalk.inference.engine import Engine
from emotalk.training import phones as alphabet
from emotalk.training.recordings.aligner import Aligner
from emotalk.training.recordings.sound_files import as_floats, read_recording
from PIL import Image, ImageOps

FPS = 30
COLUMNS = 5
RENDERED = 480
MOUTH = (140, 268, 340, 438)
"""Left, top, right and bottom of the mouth in a picture of 480 pixels."""

CAPTION = (0, 30, 0, 0)
"""Pixels kept free around a picture, for its time and phone above it."""

PAPER = (24, 27, 33)
STILL = Controls({"blink_rate": 0, "gaze_gain": 0, "head_gain": 0})


def main(sound: Path, text: str, picture: Path) -> None:
    """Align, perform, render, lay out."""
    samples = read_recording(sound)
    alignment = Aligner().align(samples, text)
    if alignment is None:
        sys.exit(f"{sound.name} does not say this")
    moments = telling_moments(alignment.phones)
    speech = Speech(as_floats(samples))
    stills = [ImageOps.expand(still.crop(MOUTH), CAPTION, PAPER) for still in render(speech, moments)]
    phones = [Phone(phone.start, phone.end, "" if phone.name == "SIL" else phone.name) for phone in alignment.phones]
    title = f"{sound.stem}: the mouth at every p, b, m, f and v, and at the vowel after each"
    sheet = draw_contact_sheet(stills, moments, speech.samples, SAMPLE_RATE, phones, title, COLUMNS)
    sheet.quantize(128, dither=Image.Dither.NONE).save(picture, optimize=True)


def telling_moments(phones: tuple[alphabet.Phone, ...]) -> list[float]:
    """The middle of each contact's closure and of the next vowel."""
    moments = []
    for number, phone in enumerate(phones):
        if phone.name in alphabet.BILABIALS | alphabet.LABIODENTALS:
            share = alphabet.CLOSURE_SHARE if phone.name in ("P", "B") else 1.0
            moments.append(phone.start + share * (phone.end - phone.start) / 2)
            vowel = next((later for later in phones[number:] if later.name in alphabet.VOWELS), None)
            if vowel:
                moments.append((vowel.start + vowel.end) / 2)
    return moments


def render(speech: Speech, moments: list[float]) -> list[Image.Image]:
    """Pictures of the sample head at some seconds of a line."""
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    scene = bpy.context.scene
    scene.render.fps = FPS
    performance = Engine().perform(speech, STILL)
    head = add_sample_head(scene.collection)
    timing = Timing.of(scene, 1, performance.face.fps)
    baking.bake(performance, find_character(head, scene), "line", timing, baking.KeySettings(0))
    set_stage(scene, [child for child in head.children if child.type == "MESH"], RENDERED)
    return render_stills(scene, [1 + moment * FPS for moment in moments], RENDERED)


if __name__ == "__main__":
    images = Path(__file__).parent / "images"
    main(
        Path(sys.argv[1]),
        sys.argv[2],
        Path(sys.argv[3]) if len(sys.argv) > 3 else images / "emotalk-compact-contacts.png",
    )
