"""Speech with exact phone times from the flite synthesiser."""

import subprocess
import tempfile
import wave
from pathlib import Path
from typing import Final

import numpy as np

from ...face.phones import PhoneSegment, fill_gaps, parse_label
from ..compact.spoken_line import SpokenLine

VOICES: Final[tuple[str, ...]] = ("kal16", "slt", "awb", "rms")


def speak(name: str, voice: str, text: str, stretch: float = 1.0) -> SpokenLine:
    """Synthesise a text with one of flite's voices.

    Args:
        name: of the line that is returned.
        voice: one of ``VOICES``.
        text: English.
        stretch: duration factor, above 1 is slower.

    Raises:
        RuntimeError: flite is missing or does not know the voice.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "line.wav"
        command = ["flite", "-voice", voice, "--setf", f"duration_stretch={stretch:.3f}", "-psdur"]
        try:
            finished = subprocess.run(
                [*command, "-t", text, "-o", str(path)], capture_output=True, text=True, check=True
            )
        except (OSError, subprocess.CalledProcessError) as error:
            raise RuntimeError(f"flite failed ({error}); install it with your system's packages") from error
        with wave.open(str(path)) as file:
            samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
            rate = file.getframerate()
    if rate != 16_000:
        raise RuntimeError(f"flite's voice {voice} has a sample rate of {rate} Hz instead of 16000")
    return SpokenLine(name, f"flite-{voice}", samples, _phones(finished.stdout, len(samples) / rate))


def _phones(segments: str, seconds: float) -> tuple[PhoneSegment, ...]:
    phones = []
    start = 0.0
    for word in segments.split():
        label, _, end = word.rpartition(":")
        phones.append(PhoneSegment(parse_label(label), start, min(float(end), seconds)))
        start = min(float(end), seconds)
    return fill_gaps(phones, seconds)
