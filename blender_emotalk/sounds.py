"""The sound of a line on disk, in a form that the worker can read."""

import contextlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..inference.contract import EmoTalkError
from ..inference.sound.audio import known_audio_format
from ..inference.sound.wav import open_wav


@dataclass(frozen=True)
class LineSound:
    """Where a line is heard.

    Attributes:
        path: the file.
        start_frame: the scene frame at which the line begins; may have a fraction.
        section: the first second in the file and the number of seconds that belong to the line; None is all of it.
    """

    path: Path
    start_frame: float
    section: tuple[float, float] | None = None


@dataclass(frozen=True)
class PreparedSound:
    """A sound that the worker can read.

    Attributes:
        request: what the worker must be told about it.
        seconds: how long it is.
    """

    request: dict[str, Any]
    seconds: float


def prepare(sound: LineSound, files: contextlib.ExitStack) -> PreparedSound:
    """Have everything but WAV decoded by Blender, which knows more formats than the worker.

    Args:
        sound: the line's.
        files: receives the removal of temporary files.

    Raises:
        EmoTalkError: the file is missing, no sound, or of a format that this Blender cannot read.
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
    """The kind of a sound file by what is in it, "wav" or another.

    Raises:
        EmoTalkError: the file is missing, a folder, empty or no sound at all.
    """
    try:
        kind = known_audio_format(path)
    except FileNotFoundError:
        raise EmoTalkError(f"There is no file {path}; choose the line's sound again") from None
    except OSError as error:
        raise EmoTalkError(f"{path} cannot be read: {error.strerror or error}") from None
    if kind is None:
        raise EmoTalkError(f"{path.name} is no sound file of a known kind; export it as WAV")
    return kind


def temporary_file(files: contextlib.ExitStack, suffix: str, data: bytes = b"") -> Path:
    """A file with this content that is removed when ``files`` is closed."""
    handle, path = tempfile.mkstemp(prefix="emotalk-", suffix=suffix)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    files.callback(Path(path).unlink, missing_ok=True)
    return Path(path)


def _decode(path: Path) -> tuple[np.ndarray, int]:
    """(n, channels) float32 and their rate. Only for known formats: some builds of Blender end when ``aud`` throws.

    Blender could resample too, but takes thirty times as long as decoding does; the worker has its own way.
    """
    try:
        import aud
    except ImportError:
        raise EmoTalkError(
            f"This build of Blender reads no sound but WAV; convert {path.name} to WAV and choose that"
        ) from None
    try:
        sound = aud.Sound(str(path))
        return sound.data(), int(sound.specs[0])
    except aud.error as error:
        raise EmoTalkError(f"Blender cannot read {path.name} ({error}); convert it to WAV and choose that") from None
