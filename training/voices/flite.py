"""Speech with exact phone times from the flite synthesiser."""

import subprocess
import tempfile
import wave
from pathlib import Path
from typing import Final

import numpy as np

from ..phones import Phone, SpokenLine, named, without_gaps

VOICES: Final[tuple[str, ...]] = ("kal16", "slt", "awb", "rms")


def speak(name: str, voice: str, text: str, stretch: float = 1.0) -> SpokenLine:
    """A text read by one of flite's voices.

    Args:
        name: of the line that is returned.
        voice: one of ``VOICES``.
        text: English.
        stretch: above 1 is slower.

    Raises:
        RuntimeError: flite is missing or does not know the voice.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "line.wav"
        command = ["flite", "-voice", voice, "--setf", f"duration_stretch={stretch:.3f}", "-psdur"]
        try:
            told = subprocess.run([*command, "-t", text, "-o", str(path)], capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise RuntimeError(f"flite did not speak ({error}); install it with your system's packages") from error
        with wave.open(str(path)) as file:
            samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
            rate = file.getframerate()
    if rate != 16_000:
        raise RuntimeError(f"flite's voice {voice} speaks at {rate} Hz, not at 16000")
    return SpokenLine(name, f"flite-{voice}", samples, _phones(told.stdout, len(samples) / rate))


def _phones(told: str, seconds: float) -> tuple[Phone, ...]:
    phones = []
    start = 0.0
    for word in told.split():
        label, _, end = word.rpartition(":")
        phones.append(Phone(named(label), start, min(float(end), seconds)))
        start = min(float(end), seconds)
    return without_gaps(phones, seconds)
