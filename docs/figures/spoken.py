"""A recording with the times of its phones. Draws no picture itself. Needs pocketsphinx."""

import sys
from pathlib import Path

from emotalk.training.compact.spoken_line import SpokenLine
from emotalk.training.recordings.aligner import Aligner
from emotalk.training.recordings.sound_files import read_recording


def aligned(sound: Path, text: str) -> SpokenLine:
    """A sound file and when each phone of its text is spoken; ends the program where it does not say the text."""
    samples = read_recording(sound)
    alignment = Aligner().align(samples, text)
    if alignment is None:
        sys.exit(f"{sound.name} does not say this")
    return SpokenLine(sound.stem, sound.stem, samples, alignment.phones)
