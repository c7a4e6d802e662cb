"""Draws emotalk-compact-contacts.png: the mouth at each p, b, m, f, v of a recording and at the vowel after it.

``python docs/figures/contacts_over_phones.py SOUND "WHAT IS SAID" [PICTURE]``. Needs the Blender module (bpy), pillow
and pocketsphinx, which finds when each phone is spoken.
"""

import argparse
from pathlib import Path

import bpy
from emotalk.blender_emotalk import baking
from emotalk.blender_emotalk.characters import find_character
from emotalk.blender_emotalk.heads import add_sample_head
from emotalk.blender_emotalk.keyframes import Timing
from emotalk.demo.contact_sheet import PhoneLabel, draw_contact_sheet
from emotalk.demo.film import render_stills
from emotalk.demo.stage import set_stage
from emotalk.face import phones as alphabet
from emotalk.face.controls import Controls
from emotalk.inference.contract import SAMPLE_RATE, Speech
from emotalk.inference.engine import Engine
from emotalk.training.compact.spoken_line import SpokenLine
from emotalk.training.recordings.sound_files import as_floats
from pictures import IMAGES, save_small
from PIL import Image, ImageOps
from spoken import aligned

FPS = 30
COLUMNS = 5
MOUTH = (140 / 480, 268 / 480, 340 / 480, 438 / 480)
"""Left, top, right and bottom of the mouth in a picture of the whole head."""

CAPTION = (0, 30, 0, 0)
"""Pixels kept free around a picture, for its time and phone above it."""

PAPER = (24, 27, 33)
STILL = Controls({"blink_rate": 0, "gaze_gain": 0, "head_gain": 0})


def main() -> None:
    """Read the command line and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sound", type=Path)
    parser.add_argument("text")
    parser.add_argument("picture", type=Path, nargs="?", default=IMAGES / "emotalk-compact-contacts.png")
    parser.add_argument("--size", type=int, default=480, help="edge in pixels of the head whose mouth is cut out")
    options = parser.parse_args()
    contacts(aligned(options.sound, options.text), options.picture, options.size)


def contacts(line: SpokenLine, picture: Path, size: int) -> None:
    """Perform, render, lay out."""
    moments = telling_moments(line.phones)
    speech = Speech(as_floats(line.samples))
    mouth = tuple(round(size * edge) for edge in MOUTH)
    stills = [ImageOps.expand(still.crop(mouth), CAPTION, PAPER) for still in render(speech, moments, size)]
    phones = [PhoneLabel(phone.start, phone.end, "" if phone.name == "SIL" else phone.name) for phone in line.phones]
    title = f"{line.name}: the mouth at every p, b, m, f and v, and at the vowel after each"
    sheet = draw_contact_sheet(stills, moments, speech.samples, SAMPLE_RATE, phones, title, COLUMNS)
    save_small(sheet, picture, colours=128)


def telling_moments(phones: tuple[alphabet.PhoneSegment, ...]) -> list[float]:
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


def render(speech: Speech, moments: list[float], size: int) -> list[Image.Image]:
    """Pictures of the sample head at some seconds of a line."""
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    scene = bpy.context.scene
    scene.render.fps = FPS
    performance = Engine().perform(speech, STILL)
    head = add_sample_head(scene.collection)
    timing = Timing.of(scene, 1, performance.face.fps)
    baking.bake(performance, find_character(head, scene), "line", timing, baking.KeySettings(0))
    set_stage(scene, [child for child in head.children if child.type == "MESH"], size)
    return render_stills(scene, [1 + moment * FPS for moment in moments], size)


if __name__ == "__main__":
    main()
