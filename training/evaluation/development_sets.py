"""Development sets: held-out lines by kind of voice, and lines in other languages."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ...inference.contract import EmoTalkError
from ..compact.prepare import PROMPTS_SPEAKER, held_out_lines, new_aligner
from ..compact.recipe import CompactRecipe, is_held_out
from ..compact.spoken_line import SpokenLine
from ..recordings import prompts, speechocean
from ..recordings.aligner import Aligner
from ..recordings.sound_files import read_recording
from ..voices import espeak
from ..voices.languages import LANGUAGES
from . import labelled
from .lips import sample_evenly

LINES: Final = 200
"""Most lines of a set, unless another number is given."""

_ADULT_AGE: Final = 16
_FOREIGN_TIMBRES: Final = ("f3", "m4", "klatt")
"""Of these, training uses only klatt, and only in English."""

_KENNEDY: Final = (
    "and so my fellow americans ask not what your country can do for you ask what you can do for your country"
)


@dataclass(frozen=True)
class Folders:
    """Folders of recordings; None leaves a set out.

    Attributes:
        speechocean: with utterances.csv and audio/.
        prompts: Asterisk's English sounds and their table.
        jfk: the recording of Kennedy's sentence of 1961.
        labelled: labelled recordings of your own, see ``labelled.py``.
    """

    speechocean: Path | None = None
    prompts: Path | None = None
    jfk: Path | None = None
    labelled: tuple[Path, ...] = ()


def read_sets(recipe: CompactRecipe, folders: Folders, count: int = LINES) -> dict[str, list[SpokenLine]]:
    """At most so many English lines of each set, evenly spaced: recordings first, then synthetic voices.

    Raises:
        EmoTalkError: a folder does not hold what it should, or a synthesiser is missing.
    """
    try:
        aligner = new_aligner()
        sets: dict[str, Iterable[SpokenLine]] = {}
        if folders.speechocean:
            sets |= _speechocean(folders.speechocean, recipe, aligner)
        if folders.prompts:
            lines = prompts.read_lines(folders.prompts, PROMPTS_SPEAKER, aligner)
            sets["prompts"] = [x for x in lines if is_held_out(x.name, recipe.held_out_prompts)]
        if folders.jfk:
            sets["jfk"] = [read_kennedy(folders.jfk, aligner)]
        sets |= {folder.name: labelled.read_lines(folder, aligner) for folder in folders.labelled}
        sets |= held_out_lines(recipe)
        return {name: sample_evenly(list(lines), count) for name, lines in sets.items()}
    except (OSError, RuntimeError) as error:
        raise EmoTalkError(f"The development sets cannot be read: {error}") from None


def read_foreign_sets(count: int = LINES) -> dict[str, list[SpokenLine]]:
    """At most so many lines in each of ``LANGUAGES``: every sentence in three timbres.

    Raises:
        EmoTalkError: espeak-ng is missing, or lacks a language.
    """
    try:
        synthesiser = espeak.Synthesiser()
        return {
            f"espeak-{language}": sample_evenly(list(_foreign_lines(language, synthesiser)), count)
            for language in LANGUAGES
        }
    except RuntimeError as error:
        raise EmoTalkError(f"The lines in other languages cannot be read: {error}") from None


def read_kennedy(path: Path, aligner: Aligner) -> SpokenLine:
    """Kennedy's sentence with its phones. Raises EmoTalkError if the recording does not hold it."""
    samples = read_recording(path)
    alignment = aligner.align(samples, _KENNEDY)
    if alignment is None:
        raise EmoTalkError(f"{path.name} is not Kennedy's sentence of 1961; give its recording")
    return SpokenLine("jfk", "jfk", samples, alignment.phones)


def _foreign_lines(language: str, synthesiser: espeak.Synthesiser) -> Iterator[SpokenLine]:
    for timbre in _FOREIGN_TIMBRES:
        yield from synthesiser.read(f"{language}+{timbre}", LANGUAGES[language].sentences)


def _speechocean(folder: Path, recipe: CompactRecipe, aligner: Aligner) -> dict[str, list[SpokenLine]]:
    with (folder / "utterances.csv").open(newline="") as table:
        ages = {f"ocean-{row['speaker']}": int(row["age"]) for row in csv.DictReader(table)}
    held_out = {speaker for speaker in ages if is_held_out(speaker, recipe.held_out_speakers)}
    lines = list(speechocean.read_lines(folder, held_out.__contains__, aligner))
    return {
        "speechocean adults": [line for line in lines if ages[line.speaker] >= _ADULT_AGE],
        "speechocean children": [line for line in lines if ages[line.speaker] < _ADULT_AGE],
    }
