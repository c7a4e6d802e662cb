"""The same line in several moods side by side: a film, and a sheet of its frames."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..face.atomic_file import check_place, publish
from ..face.controls import Controls
from ..inference.contract import SAMPLE_RATE, StageProgress
from ..inference.engine import Engine
from ..inference.sound.audio import read_speech
from .contact_sheet import choose_moments, draw_contact_sheet
from .film import render_stills
from .production import FIRST_FRAME, FPS, read_phones
from .side_by_side import film_side_by_side

MOODS: Final = ("neutral", "happy", "anger", "sad")
_PICTURES: Final = 8
_HEIGHT: Final = 200
_COLUMNS: Final = 2


@dataclass(frozen=True)
class MoodFilm:
    """The files.

    Attributes:
        film: H.264 with AAC sound.
        sheet: frames over the waveform.
    """

    film: Path
    sheet: Path

    def moved_to(self, folder: Path) -> "MoodFilm":
        """The same files in another folder on the same disk; each replaces an earlier one in one step.

        Raises:
            EmoTalkError: something other than a file is in their place.
        """
        files = [(file, folder / file.name) for file in (self.film, self.sheet)]
        for _, place in files:
            check_place(place)
        for file, place in files:
            publish(file, place)
        return MoodFilm(*(place for _, place in files))


def film_moods(
    audio: Path, controls: Controls, folder: Path, progress: StageProgress, moods: Sequence[str] = MOODS
) -> MoodFilm:
    """Let built-in heads speak a line, each in another mood, and write ``moods.mp4`` and ``moods.png``.

    It closes the file that is open in this Blender: use it with the bpy module, not in an interactive session.

    Args:
        audio: the line; phones in a file of the same name ending in ``.phones`` choose the pictures.
        controls: of all performances, without an emotion.
        folder: created if it does not exist.
        progress: called between and within the steps.
        moods: emotions, from left to right.

    Raises:
        EmoTalkError: the sound cannot be used, or a file cannot be written.
    """
    progress(0.0, "Encoding")
    speech, engine = read_speech(audio), Engine()
    faces = [(mood, engine.perform(speech, Controls({**controls.changed(), mood: 1}))) for mood in moods]
    folder.mkdir(parents=True, exist_ok=True)
    made = MoodFilm(folder / "moods.mp4", folder / "moods.png")
    scene = film_side_by_side(
        speech, faces, made.film, lambda done, frames: progress(0.05 + 0.85 * done / frames, "Rendering")
    )
    progress(0.9, "Drawing the contact sheet")
    phones = read_phones(audio.with_suffix(".phones"))
    moments = choose_moments(speech.seconds, phones, _PICTURES)
    stills = render_stills(scene, [FIRST_FRAME + moment * FPS for moment in moments], _HEIGHT)
    title = f"{audio.name}: {', '.join(moods)}"
    sheet = draw_contact_sheet(stills, moments, speech.samples, SAMPLE_RATE, phones, title, _COLUMNS)
    sheet.save(made.sheet, optimize=True)
    return made
