"""The sound of a line as a file that the worker can read."""

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..inference.contract import EmoTalkError
from ..inference.sound.audio import known_audio_format
from ..inference.sound.wav import open_wav
from . import temporary_files


@dataclass(frozen=True)
class LineSound:
    """The sound of a line and its place on the timeline.

    Attributes:
        path: the file.
        start_frame: the scene frame at which the line begins; can be fractional.
        section: start and duration of the line in the file, in seconds; None is the whole file.
    """

    path: Path
    start_frame: float
    section: tuple[float, float] | None = None


@dataclass(frozen=True)
class PreparedSound:
    """A sound that the worker can read.

    Attributes:
        request: its fields in the request to the worker.
        seconds: its duration.
    """

    request: dict[str, Any]
    seconds: float


def prepare(sound: LineSound, files: contextlib.ExitStack) -> PreparedSound:
    """Decode everything but WAV with Blender, which supports more formats than the worker.

    Args:
        sound: of the line.
        files: closed by the caller to remove temporary files.

    Raises:
        EmoTalkError: the file is missing, not a sound, or has a format that this Blender cannot read.
    """
    section: dict[str, Any] = {"section": sound.section} if sound.section else {}
    request: dict[str, Any]
    if sound_format(sound.path) == "wav":
        wav = open_wav(sound.path)
        request, seconds = {"audio": str(sound.path)}, wav.frames / wav.rate
    else:
        samples, rate = _decode(sound.path)
        copy = temporary_file(files, ".npy")
        np.save(copy, samples)
        request = {"audio": str(copy), "rate": rate, "source": str(sound.path)}
        seconds = len(samples) / rate
    return PreparedSound(request | section, sound.section[1] if sound.section else seconds)


def sound_format(path: Path) -> str:
    """The kind of a sound file by its content, "wav" or another.

    Raises:
        EmoTalkError: the file is missing, a folder, empty or not a sound.
    """
    try:
        kind = known_audio_format(path)
    except FileNotFoundError:
        raise EmoTalkError(f"There is no file {path}; choose the line's sound again") from None
    except OSError as error:
        raise EmoTalkError(f"{path} cannot be read: {error.strerror or error}") from None
    if kind is None:
        raise EmoTalkError(f"{path.name} is not a sound file of a known kind; export it as WAV")
    return kind


def temporary_file(files: contextlib.ExitStack, suffix: str, data: bytes = b"") -> Path:
    """A file with this content that is removed when ``files`` is closed."""
    path = temporary_files.new_file(suffix, data)
    files.callback(temporary_files.remove, path)
    return path


def _decode(path: Path) -> tuple[np.ndarray, int]:
    """(n, channels) float32 and their rate. Only for known formats: some builds of Blender crash when ``aud`` throws.

    Blender could resample too, but that takes thirty times as long as decoding; the worker resamples faster.
    """
    try:
        import aud
    except ImportError:
        raise EmoTalkError(
            f"This build of Blender only reads WAV; convert {path.name} to WAV and choose that"
        ) from None
    try:
        sound = aud.Sound(str(path))
        return sound.data(), int(sound.specs[0])
    except aud.error as error:
        raise EmoTalkError(f"Blender cannot read {path.name} ({error}); convert it to WAV and choose that") from None
