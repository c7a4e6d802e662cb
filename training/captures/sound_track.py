"""The sound of a take; that of a film is decoded by ffmpeg where one is installed."""

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from ...face.errors import EmoTalkError
from ...inference.contract import Speech
from ...inference.sound.audio import known_audio_format, read_speech

SUFFIXES: Final = (".wav", ".flac", ".mp3", ".ogg", ".m4a", ".mov", ".mp4")
"""Tried in this order where a take has several; Live Link Face records a film beside its CSV."""
_FILMS: Final = ("mp4", "matroska", "avi", "asf", "aac")
_LONGEST_DECODING: Final = 600
"""Seconds."""


def read_sound_track(path: Path) -> Speech:
    """Read a sound file, or the sound of a film.

    Raises:
        EmoTalkError: it is missing, damaged or no sound, or a film and there is no ffmpeg.
    """
    try:
        kind = known_audio_format(path)
    except OSError as error:
        reason = "There is no file" if isinstance(error, FileNotFoundError) else "There is no way to read"
        raise EmoTalkError(f"{reason} {path.name}") from None
    if kind not in _FILMS:
        return read_speech(path)
    program = shutil.which("ffmpeg")
    if program is None:
        raise EmoTalkError(f"{path.name} is a film, and there is no ffmpeg to read its sound; export that as WAV")
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / "sound.wav"
        words = [program, "-nostdin", "-v", "error", "-i", str(path.resolve()), "-vn", "-c:a", "pcm_f32le", str(sound)]
        try:
            subprocess.run(words, capture_output=True, check=True, timeout=_LONGEST_DECODING)
        except (OSError, subprocess.SubprocessError):
            raise EmoTalkError(f"ffmpeg finds no sound in {path.name}; export it as WAV") from None
        return read_speech(sound, source=path)
