"""Reader of speechocean762: 250 speakers, real rooms, with transcripts (arXiv 2104.01378).

The folder holds ``utterances.csv`` (file, speaker, age, gender, seconds, text) and the audio files it names.
"""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

from ..compact.spoken_line import SpokenLine
from .aligner import Aligner
from .sound_files import read_recording


def read_lines(
    folder: Path,
    wanted: Callable[[str], bool] = lambda speaker: True,
    aligner: Aligner | None = None,
    worst_fit_share: float = 0.0,
) -> Iterator[SpokenLine]:
    """Utterances whose text could be aligned, in the order of the table.

    Args:
        folder: the corpus.
        wanted: whether a speaker (``ocean-0036``) is read.
        aligner: aligns the texts; by default one without pronunciations of out-of-vocabulary words.
        worst_fit_share: share of the lines to leave out, those with the worst fit.
    """
    aligner = aligner or Aligner()
    with (folder / "utterances.csv").open(newline="") as table:
        rows = [row for row in csv.DictReader(table) if wanted(_speaker(row))]
    tried = [(row, aligner.align(read_recording(folder / row["file"]), row["text"])) for row in rows]
    aligned = [(row, alignment) for row, alignment in tried if alignment]
    kept = sorted(alignment.fit for _, alignment in aligned)[int(worst_fit_share * len(aligned)) :]
    for row, alignment in aligned:
        if alignment.fit >= kept[0]:
            samples = read_recording(folder / row["file"])
            yield SpokenLine(Path(row["file"]).stem, _speaker(row), samples, alignment.phones)


def _speaker(row: dict[str, str]) -> str:
    return f"ocean-{row['speaker']}"
