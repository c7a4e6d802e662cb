"""From a sound file to a finished demo: scene, film and contact sheet, in this order."""

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import bpy

from ..blender_emotalk import baking
from ..blender_emotalk.access import scene_of
from ..blender_emotalk.characters import find_character
from ..blender_emotalk.heads import add_sample_head
from ..blender_emotalk.keyframes import Timing
from ..blender_emotalk.strips import add_sound_strip
from ..face.atomic_file import check_place, publish
from ..face.controls import KEY_TOLERANCE, Controls
from ..inference.contract import SAMPLE_RATE, EmoTalkError, StageProgress
from ..inference.engine import Engine
from ..inference.sound.audio import read_speech
from .contact_sheet import PhoneLabel, choose_moments, draw_contact_sheet
from .film import render_film, render_stills
from .stage import set_stage

FPS: Final = 30
FIRST_FRAME: Final = 1
_SHEET_PICTURES: Final = 12
_SHEET_SIZE: Final = 240


@dataclass(frozen=True)
class Production:
    """The files of a demo.

    Attributes:
        blend: the scene with the sound packed in.
        film: H.264 with AAC sound.
        sheet: frames over the waveform.
        keys: the number of keys written.
    """

    blend: Path
    film: Path
    sheet: Path
    keys: int

    def moved_to(self, folder: Path) -> "Production":
        """The same files in another folder on the same disk; each replaces that of an earlier demo in one step.

        Raises:
            EmoTalkError: something other than a file is in their place.
            OSError: the folder cannot be written to.
        """
        files = [(file, folder / file.name) for file in (self.blend, self.film, self.sheet)]
        for _, place in files:
            check_place(place)
        for file, place in files:
            publish(file, place)
        return replace(self, **{name: folder / getattr(self, name).name for name in ("blend", "film", "sheet")})


def produce(audio: Path, controls: Controls, folder: Path, progress: StageProgress) -> Production:
    """Let the built-in head speak a line, and write ``demo.blend``, ``demo.mp4`` and ``demo.png``.

    Each is checked to be whole. Until then it lies there half-written: use a folder of its own, and
    ``Production.moved_to``.

    It closes the file that is open in this Blender: use it with the bpy module, not in an interactive session.

    Args:
        audio: the line; phones in a file of the same name ending in ``.phones`` are drawn on the sheet.
        controls: the performance.
        folder: created if it does not exist.
        progress: called between and within the steps.

    Raises:
        EmoTalkError: the sound cannot be used, or a file cannot be written.
    """
    progress(0.0, "Encoding")
    speech = read_speech(audio)
    performance = Engine().perform(speech, controls)
    progress(0.05, "Building the head")
    scene = new_scene(math.ceil(speech.seconds * FPS))
    head = add_sample_head(scene.collection)
    meshes = [child for child in head.children if child.type == "MESH"]
    baked = baking.bake(
        performance,
        find_character(head, scene),
        audio.stem,
        Timing.of(scene, FIRST_FRAME, performance.face.fps),
        baking.KeySettings(float(KEY_TOLERANCE.default)),
    )
    add_sound_strip(scene, audio.stem, str(audio.resolve()), FIRST_FRAME).sound.pack()
    set_stage(scene, meshes)

    folder.mkdir(parents=True, exist_ok=True)
    production = Production(folder / "demo.blend", folder / "demo.mp4", folder / "demo.png", baked.keys)
    progress(0.1, "Saving the scene")
    _save(production.blend)

    phones = read_phones(audio.with_suffix(".phones"))
    moments = choose_moments(speech.seconds, phones, _SHEET_PICTURES)
    progress(0.12, "Drawing the contact sheet")
    stills = render_stills(scene, [FIRST_FRAME + moment * FPS for moment in moments], _SHEET_SIZE)
    title = f"{audio.name}: {_described(controls)}"
    sheet = draw_contact_sheet(stills, moments, speech.samples, SAMPLE_RATE, phones, title)
    sheet.save(production.sheet, optimize=True)

    frames = scene.frame_end - scene.frame_start + 1
    render_film(scene, production.film, lambda done: progress(0.2 + 0.8 * done / frames, "Rendering"))
    return production


def _save(path: Path) -> None:
    """Save the open file, and check that it can be opened."""
    name = str(path.resolve())
    libraries: Any = bpy.data.libraries  # the stubs do not know what its load gives
    try:
        bpy.ops.wm.save_as_mainfile(filepath=name, compress=True, relative_remap=False, copy=True)
        with libraries.load(name) as (saved, _):
            is_whole = bool(saved.scenes)
    except (RuntimeError, OSError):  # what the operator reports as an error, and a file that Blender cannot read
        is_whole = False
    if not is_whole:
        raise EmoTalkError(f"The scene {path.name} could not be saved; make room on the disk and try again")


def read_phones(path: Path) -> list[PhoneLabel]:
    """The phones of a label file: one line each, ``end-in-seconds name``; none if there is no such file."""
    if not path.exists():
        return []
    phones: list[PhoneLabel] = []
    for line in path.read_text("utf-8").splitlines():
        try:
            end, name = line.split()
            phones.append(PhoneLabel(phones[-1].end if phones else 0.0, float(end), name))
        except ValueError:
            raise EmoTalkError(f"{path.name} has the line {line!r}; it should read like '0.326 ay'") from None
    return phones


def new_scene(frames: int) -> bpy.types.Scene:
    """An empty scene of so many frames, in place of the open file."""
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    scene = scene_of(bpy.context)
    scene.render.fps, scene.render.fps_base = FPS, 1.0
    scene.frame_start, scene.frame_end = FIRST_FRAME, FIRST_FRAME + frames - 1
    scene.sync_mode = "AUDIO_SYNC"
    return scene


def _described(controls: Controls) -> str:
    changed = controls.changed()
    return ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in changed.items()) or "neutral"
