"""Reader of labelled recordings of your own.

A folder of sounds with, for each ``NAME.wav`` (or .flac, .ogg), one of: ``NAME.phn`` in TIMIT's format (start and end
in samples at 16 kHz, phone), ``NAME.lab`` (start and end in seconds, ARPAbet phone), or a line of a file
``transcription`` (``<s> transcript </s> (NAME)``), which is aligned.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ...face.phones import PhoneSegment, fill_gaps, parse_label
from ...inference.contract import SAMPLE_RATE, EmoTalkError
from ..compact.spoken_line import SpokenLine
from ..recordings.aligner import Aligner
from ..recordings.sound_files import SUFFIXES, read_recording

_TIMIT: Final[dict[str, str]] = dict(
    pair.split("=")
    for pair in (
        "pcl=P bcl=B tcl=T dcl=D kcl=K gcl=G pau=SIL epi=SIL h#=SIL q=SIL ix=IH ax=AX ax-h=AX ux=UW axr=ER "
        "nx=N eng=NG hv=HH dx=T em=M en=N el=L"
    ).split()
)
_TRANSCRIBED: Final = re.compile(r"^\s*(?:<s>)?(.*?)(?:</s>)?\s*\((\S+)\)\s*$")


def read_lines(folder: Path, aligner: Aligner) -> Iterator[SpokenLine]:
    """Every recording with phone labels or a transcript that could be aligned, in the order of the names.

    Raises:
        EmoTalkError: no recording has labels or a transcript that fits.
    """
    texts = _transcription(folder)
    found = False
    for path in sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES):
        samples = read_recording(path)
        phones = _labels(path, len(samples) / SAMPLE_RATE)
        if not phones and path.stem in texts:
            alignment = aligner.align(samples, texts[path.stem])
            phones = alignment.phones if alignment else ()
        if phones:
            found = True
            yield SpokenLine(path.stem, folder.name, samples, phones)
    if not found:
        raise EmoTalkError(
            f"No recording in {folder.name} has phone labels; add NAME.phn, NAME.lab or a file transcription"
        )


def read_labels(text: str, per_second: float, seconds: float) -> tuple[PhoneSegment, ...]:
    """Phones from lines ``start end label``; a stop's closure and burst become one phone."""
    phones: list[PhoneSegment] = []
    before = ""
    for row in text.splitlines():
        if not row.strip():
            continue
        start, end, label = row.lower().split()[:3]
        phone = PhoneSegment(
            _TIMIT.get(label) or parse_label(label), float(start) / per_second, min(float(end) / per_second, seconds)
        )
        if before.endswith("cl") and phones[-1].name == phone.name:
            phone = PhoneSegment(phone.name, phones.pop().start, phone.end)
        phones.append(phone)
        before = label
    return fill_gaps(phones, seconds)


def _labels(path: Path, seconds: float) -> tuple[PhoneSegment, ...]:
    for suffix, per_second in ((".phn", SAMPLE_RATE), (".PHN", SAMPLE_RATE), (".lab", 1.0)):
        labels = path.with_suffix(suffix)
        if labels.exists():
            return read_labels(labels.read_text(), per_second, seconds)
    return ()


def _transcription(folder: Path) -> dict[str, str]:
    path = folder / "transcription"
    if not path.exists():
        return {}
    matches = [_TRANSCRIBED.match(row) for row in path.read_text().splitlines()]
    return {row[2]: row[1].strip() for row in matches if row}
