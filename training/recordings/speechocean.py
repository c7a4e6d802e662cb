"""Reader of speechocean762: 250 speakers, real rooms, words known (arXiv 2104.01378).

The folder holds ``utterances.csv`` (file, speaker, age, gender, seconds, text) and the audio files it names.
"""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

from ..phones import SpokenLine
from .aligner import Aligner
from .sound_files import read_recording


def read_lines(
    folder: Path,
    wanted: Callable[[str], bool] = lambda speaker: True,
    aligner: Aligner | None = None,
    unsure_share: float = 0.0,
) -> Iterator[SpokenLine]:
    """Utterances whose text the aligner finds in their sound, in the order of the table.

    Args:
        folder: the corpus.
        wanted: whether a speaker (``ocean-0036``) is read.
        aligner: finds the texts; by default one that knows the words of its dictionary alone.
        unsure_share: how many of the lines are left out, those that fit their texts least.
    """
    aligner = aligner or Aligner()
    with (folder / "utterances.csv").open(newline="") as table:
        rows = [row for row in csv.DictReader(table) if wanted(_speaker(row))]
    found = [(row, aligner.align(read_recording(folder / row["file"]), row["text"])) for row in rows]
    aligned = [(row, alignment) for row, alignment in found if alignment]
    kept = sorted(alignment.fit for _, alignment in aligned)[int(unsure_share * len(aligned)) :]
    for row, alignment in aligned:
        if alignment.fit >= kept[0]:
            samples = read_recording(folder / row["file"])
            yield SpokenLine(Path(row["file"]).stem, _speaker(row), samples, alignment.phones)


def _speaker(row: dict[str, str]) -> str:
    return f"ocean-{row['speaker']}"
