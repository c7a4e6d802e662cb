"""Sound files as training reads them."""

import subprocess
from pathlib import Path
from typing import Final

import numpy as np

from ...inference.contract import SAMPLE_RATE
from ...inference.sound.audio import read_speech
from ..arrays import FloatArray, IntArray

SUFFIXES: Final = (".g722", ".flac", ".wav", ".ogg", ".opus")
"""Suffixes that ``read_recording`` reads; where a sound comes in several formats, the first is taken."""


def read_recording(path: Path) -> IntArray:
    """(n,) int16 at 16 kHz of a sound file.

    Raises:
        EmoTalkError: the file is not a sound.
        RuntimeError: it is G.722, and ffmpeg is missing or cannot read it.
    """
    if path.suffix == ".g722":
        return _read_g722(path)
    samples: IntArray = np.clip(np.round(read_speech(path).samples * 32768.0), -32768, 32767).astype(np.int16)
    return samples


def as_floats(samples: IntArray) -> FloatArray:
    """(n,) float32 within -1..1 of (n,) int16 samples."""
    return samples.astype(np.float32) / 32768


def _read_g722(path: Path) -> IntArray:
    command = ["ffmpeg", "-v", "error", "-f", "g722", "-i", str(path), "-f", "s16le", "-ar", str(SAMPLE_RATE), "-"]
    try:
        finished = subprocess.run(command, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise RuntimeError(f"ffmpeg did not read {path.name} ({error}); install it, or convert to FLAC") from error
    return np.frombuffer(finished.stdout, "<i2").astype(np.int16)
