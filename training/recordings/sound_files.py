"""Recorded sound files as training reads them."""

import subprocess
from pathlib import Path
from typing import Final

import numpy as np

from ...inference.contract import SAMPLE_RATE
from ...inference.sound.audio import read_speech

SUFFIXES: Final = (".g722", ".flac", ".wav", ".ogg", ".opus")
"""Endings that ``read_recording`` knows, those of telephone systems' wide-band sounds first."""


def read_recording(path: Path) -> np.ndarray:
    """(n,) int16 at 16 kHz of a sound file.

    Raises:
        EmoTalkError: the file is no sound.
        RuntimeError: it is G.722, and ffmpeg is missing or cannot read it.
    """
    if path.suffix == ".g722":
        return _read_g722(path)
    return np.clip(np.round(read_speech(path).samples * 32768.0), -32768, 32767).astype(np.int16)


def as_floats(samples: np.ndarray) -> np.ndarray:
    """(n,) float32 within -1..1 of (n,) int16 samples."""
    return samples.astype(np.float32) / 32768


def _read_g722(path: Path) -> np.ndarray:
    command = ["ffmpeg", "-v", "error", "-f", "g722", "-i", str(path), "-f", "s16le", "-ar", str(SAMPLE_RATE), "-"]
    try:
        told = subprocess.run(command, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise RuntimeError(f"ffmpeg did not read {path.name} ({error}); install it, or convert to FLAC") from error
    return np.frombuffer(told.stdout, "<i2").astype(np.int16)
