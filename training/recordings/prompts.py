"""Reader of a telephone system's recorded prompts: one speaker in a studio, with a table of transcripts.

The folder holds one text file of lines ``name: transcript`` and, in it or in its subfolders, a sound for each name:
``activated.g722``, ``digits/1.wav``. Asterisk's core sounds have this form.
"""

from collections.abc import Iterator
from pathlib import Path

from ..compact.spoken_line import SpokenLine
from .aligner import MIN_FIT, Aligner
from .sound_files import SUFFIXES, read_recording


def read_lines(folder: Path, speaker: str, aligner: Aligner) -> Iterator[SpokenLine]:
    """Every prompt with a sound that fits its text, in the order of the table.

    Args:
        folder: of the prompts of one speaker.
        speaker: name of the speaker.
        aligner: aligns the texts.

    Raises:
        FileNotFoundError: the folder holds no table.
    """
    for name, text in read_table(folder).items():
        path = _find_sound(name, folder)
        if path is None:
            continue
        samples = read_recording(path)
        alignment = aligner.align(samples, text)
        if alignment and alignment.fit >= MIN_FIT:
            yield SpokenLine(name, speaker, samples, alignment.phones)


def read_table(folder: Path) -> dict[str, str]:
    """The transcript of each prompt.

    Raises:
        FileNotFoundError: the folder holds no table.
    """
    tables = sorted(folder.glob("*.txt"))
    if not tables:
        raise FileNotFoundError(f"{folder} holds no text file of lines 'name: transcript'")
    rows = [line.split(":", 1) for line in tables[0].read_text().splitlines() if ":" in line]
    return {name.strip().removesuffix(".wav"): text.strip() for name, text in rows if text.strip()}


def _find_sound(name: str, folder: Path) -> Path | None:
    for suffix in SUFFIXES:
        paths = sorted(folder.rglob(f"{name}{suffix}"))
        if paths:
            return paths[0]
    return None
