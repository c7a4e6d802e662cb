"""Reader of speechocean762: 250 speakers, real rooms, words known (arXiv 2104.01378).

The folder holds ``utterances.csv`` (file, speaker, age, gender, seconds, text) and the audio files it names.
"""

import csv
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from .aligner import Aligner
from .phones import SpokenLine


def is_held_out(speaker: str, share: float) -> bool:
    """Whether a speaker belongs to the held-out share; the same on every machine and in every run."""
    number = int.from_bytes(hashlib.sha256(speaker.encode()).digest()[:4], "big")
    return number < share * 2**32


def read_lines(folder: Path, wanted: Callable[[str], bool] = lambda speaker: True) -> Iterator[SpokenLine]:
    """Every utterance whose text the aligner finds in its sound, in the order of the table.

    Args:
        folder: the corpus.
        wanted: whether a speaker (``ocean-0036``) is read.
    """
    import soundfile

    aligner = Aligner()
    with (folder / "utterances.csv").open(newline="") as table:
        rows = list(csv.DictReader(table))
    for row in rows:
        speaker = f"ocean-{row['speaker']}"
        if not wanted(speaker):
            continue
        sound, rate = soundfile.read(folder / row["file"], dtype="float32")
        if rate != 16_000 or sound.ndim != 1:
            raise ValueError(f"{row['file']} is not mono at 16 kHz")
        samples = np.clip(sound * 32767, -32768, 32767).astype(np.int16)
        phones = aligner.align(samples, row["text"])
        if phones:
            yield SpokenLine(Path(row["file"]).stem, speaker, samples, phones)
