"""Speech with exact phone times from the Festival synthesiser."""

import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

from ...face.phones import PhoneSegment, fill_gaps, parse_label
from ...inference.contract import SAMPLE_RATE
from ..compact.spoken_line import SpokenLine
from ..recordings.sound_files import read_recording

VOICES: Final[dict[str, str]] = {"ked": "ked_diphone", "slt-hts": "cmu_us_slt_arctic_hts"}
"""Festival's voices by the names they have here."""

_SAY: Final = """
(define (say text path stretch)
  (Parameter.set 'Duration_Stretch stretch)
  (let ((line (utt.synth (eval (list 'Utterance 'Text text)))))
    (utt.save.wave line path 'riff)
    (mapcar (lambda (segment) (format t "%s:%f " (item.name segment) (item.feat segment 'segment_end)))
            (utt.relation.items line 'Segment))
    (format t "\\n")))
"""


def speak(voice: str, texts: Sequence[str], stretches: Sequence[float]) -> Iterator[SpokenLine]:
    """Synthesise texts with one of Festival's voices.

    Args:
        voice: one of ``VOICES``.
        texts: English.
        stretches: duration factor of each text, above 1 is slower; only diphone voices follow it.

    Raises:
        RuntimeError: Festival is missing or does not have the voice.
    """
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number}.wav" for number in range(len(texts))]
        orders = [
            f"(say {_quoted(t)} {_quoted(str(p))} {s:.3f})" for t, p, s in zip(texts, paths, stretches, strict=True)
        ]
        script = Path(folder) / "say.scm"
        script.write_text("\n".join([f"(voice_{VOICES[voice]})", _SAY, *orders]))
        try:
            finished = subprocess.run(["festival", "-b", str(script)], capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise RuntimeError(f"Festival failed ({error}); install it and its voice {VOICES[voice]}") from error
        rows = [row for row in finished.stdout.splitlines() if row.strip()]
        for number, (path, row) in enumerate(zip(paths, rows, strict=True)):
            samples = read_recording(path)
            phones = read_segments(row, len(samples) / SAMPLE_RATE)
            yield SpokenLine(f"{voice}-{number:04d}", f"festival-{voice}", samples, phones)


def read_segments(row: str, seconds: float) -> tuple[PhoneSegment, ...]:
    """Phones of a row of segments and the second at which each ends: ``pau:0.220 m:0.311``."""
    labels = [word.rpartition(":") for word in row.split()]
    ends = [0.0, *(min(float(end), seconds) for _, _, end in labels)]
    spans = zip(labels, pairwise(ends), strict=True)
    return fill_gaps([PhoneSegment(parse_label(label), *span) for (label, _, _), span in spans], seconds)


def _quoted(text: str) -> str:
    marked = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{marked}"'
