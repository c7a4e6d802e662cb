"""The sound of a line as a file that the worker can read."""

import atexit
import contextlib
import struct
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import bpy
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..inference.contract import EmoTalkError
from ..inference.sound.audio import LONGEST_SECONDS, known_audio_format
from ..inference.sound.containers import check_complete, compare, promised_frames
from ..inference.sound.wav import OtherCodingError, WavFile, open_wav
from ..inference.worker.failure import sentence_for
from . import decoder, temporary_files

_DECODER: Final = Path(__file__).resolve().with_name("decoder.py")
_STEP_SECONDS: Final = 60
"""A trimmed strip is decoded to the end of the minute, so that a small change of its end needs no new decoding."""
_LARGE_BYTES: Final = 1 << 22
"""Larger files are decoded piece by piece if possible."""
_MOST_KEPT: Final = 8
_MOST_KEPT_BYTES: Final = 1 << 30


@dataclass(frozen=True)
class LineSound:
    """The sound of a line and its place on the timeline.

    Attributes:
        path: the file.
        start_frame: the scene frame at which the line begins; can be fractional.
        section: start and duration of the line in the file, in seconds; None is the whole file.
        packed_as: identifies a sound that is packed into the .blend file, of which ``path`` is a copy.
    """

    path: Path
    start_frame: float
    section: tuple[float, float] | None = None
    packed_as: str = ""


@dataclass(frozen=True)
class PreparedSound:
    """A sound that the worker can read.

    Attributes:
        request: its fields in the request to the worker.
        seconds: its duration.
        remarks: a sentence for each thing that is wrong with the file and that did not keep it from being read.
    """

    request: dict[str, Any]
    seconds: float
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Decoded:
    """A sound that was decoded to a WAV file.

    Attributes:
        wav: the file.
        until: seconds of the sound that were decoded at most.
        is_whole: whether these are all.
        remarks: about the file that it came from.
    """

    wav: WavFile
    until: float
    is_whole: bool
    remarks: tuple[str, ...]


_kept: Final[dict[tuple[str, int, int], _Decoded]] = {}
"""Decoded sounds by file, size and time of its last change; the least recently used one first."""


class Preparation:
    """The sound of a line on its way to the worker: a WAV file is ready at once, all else is decoded in the background.

    Blender decodes more formats than the worker, in a process of its own (``decoder``). What was decoded is kept until
    the file changes.

    Args:
        sound: of the line.

    Raises:
        EmoTalkError: the file is missing, not a sound, or has a format that this Blender cannot read.
    """

    def __init__(self, sound: LineSound) -> None:
        self._sound = sound
        self._result: PreparedSound | None = None
        self._failure = ""
        self._child: subprocess.Popen[str] | None = None
        self._cancelled = False
        self._wav: Path | None = None
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._kind = sound_format(sound.path)
        if self._kind == "wav":
            try:
                wav = open_wav(sound.path)
            except OtherCodingError:
                pass
            else:
                self._finish({"audio": str(sound.path)}, wav.frames / wav.rate)
                return
        self._key = _key(sound)
        decoded = _kept.pop(self._key, None)
        if decoded is not None:
            _kept[self._key] = decoded
            if (decoded.is_whole or decoded.until >= self._needed()) and decoded.wav.path.exists():
                self._take(decoded)
                return
        if not _has_decoder():
            raise EmoTalkError(_no_decoder(sound.path))
        self._words = _words()
        _active.add(self)
        threading.Thread(target=self._work, name="EmoTalk decoding", daemon=True).start()

    @property
    def done(self) -> bool:
        """Whether ``result`` returns at once."""
        return self._done.is_set()

    def result(self) -> PreparedSound:
        """Wait until the sound is ready.

        Raises:
            EmoTalkError: the sound is cut off, or cannot be decoded.
        """
        self._done.wait()
        if self._result is None:
            raise EmoTalkError(self._failure)
        return self._result

    def cancel(self) -> None:
        """Stop decoding; returns at once."""
        with self._lock:
            self._cancelled = True
            if self._child is not None:
                self._child.kill()
        if self._wav is not None and not self.done:
            temporary_files.remove(self._wav)  # a program that ends may still hold it: then the thread removes it

    def _needed(self) -> float:
        """The second up to which the sound is needed, rounded up."""
        section = self._sound.section
        if section is None:
            return LONGEST_SECONDS + _STEP_SECONDS  # one step more, so that longer sounds are noticed
        return _STEP_SECONDS * (sum(section) // _STEP_SECONDS + 1)

    def _finish(self, request: dict[str, Any], seconds: float, remarks: tuple[str, ...] = ()) -> None:
        section = self._sound.section
        if section:
            request = request | {"section": section}
            seconds = min(section[1], max(seconds - section[0], 0.0))
        self._result = PreparedSound(request, seconds, remarks)
        self._done.set()

    def _take(self, decoded: _Decoded) -> None:
        wav = decoded.wav
        request = {"audio": str(wav.path), "source": str(self._sound.path)}
        self._finish(request, wav.frames / wav.rate, decoded.remarks)

    def _work(self) -> None:
        """Runs in a thread: uses no Blender data."""
        try:
            self._take(self._decode())
        except Exception as error:
            self._failure = sentence_for(error)
            self._done.set()
        finally:
            _active.discard(self)

    def _decode(self) -> _Decoded:
        path, until = self._sound.path, self._needed()
        remarks = check_complete(path, self._kind)
        wav_path = self._wav = temporary_files.new_file(".wav")
        try:
            wav = self._decode_to(wav_path, until)
            is_whole = wav.frames < int(until * wav.rate) - wav.rate
            if is_whole:
                remarks += compare(wav.frames, promised_frames(path, self._kind), wav.rate, path.name)
        except BaseException:
            temporary_files.remove(wav_path)
            raise
        decoded = _Decoded(wav, until, is_whole, remarks)
        _keep(self._key, decoded)
        return decoded

    def _decode_to(self, wav: Path, until: float) -> WavFile:
        if self._sound.path.stat().st_size > _LARGE_BYTES:
            with contextlib.suppress(EmoTalkError):
                self._run_decoder("pieces", wav, until)
                return _between_marks(open_wav(wav))
        self._run_decoder("whole", wav, until)
        return _between_marks(open_wav(wav))

    def _run_decoder(self, way: str, wav: Path, until: float) -> None:
        path = self._sound.path
        with self._lock:
            if self._cancelled:
                raise EmoTalkError(f"{path.name} was not decoded: it was cancelled")
            self._child = subprocess.Popen(
                [*self._words, "--", way, str(path), str(wav), str(until)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                encoding="utf-8",
                errors="replace",
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        output, _ = self._child.communicate()
        status = self._child.returncode
        if status == decoder.NO_DECODER:
            raise EmoTalkError(_no_decoder(path))
        if status:
            lines = [line.removeprefix(decoder.MARK) for line in output.splitlines() if line.startswith(decoder.MARK)]
            reason = f" ({lines[-1].rstrip('.')})" if lines else ""
            raise EmoTalkError(f"Blender cannot read {path.name}{reason}; convert it to WAV and choose that")


_active: Final[set[Preparation]] = set()
"""Those that decode."""


def forget_decoded() -> None:
    """Stop all decoding and remove what was decoded. Can be called at any time, repeatedly."""
    for preparation in tuple(_active):
        preparation.cancel()
    while _kept:
        _, decoded = _kept.popitem()
        temporary_files.remove(decoded.wav.path)


atexit.register(forget_decoded)


def _key(sound: LineSound) -> tuple[str, int, int]:
    """Changes when the file does."""
    about = sound.path.stat()
    if sound.packed_as:
        return sound.packed_as, about.st_size, 0
    return str(sound.path), about.st_size, about.st_mtime_ns


def _keep(key: tuple[str, int, int], decoded: _Decoded) -> None:
    """Keep a decoded sound in place of those of the file's earlier states and of the least recently used ones."""
    for other in [other for other in _kept if other[0] == key[0]]:
        temporary_files.remove(_kept.pop(other).wav.path)
    _kept[key] = decoded
    while len(_kept) > 1 and (len(_kept) > _MOST_KEPT or sum(map(_bytes, _kept.values())) > _MOST_KEPT_BYTES):
        temporary_files.remove(_kept.pop(next(iter(_kept))).wav.path)


def _bytes(decoded: _Decoded) -> int:
    return decoded.wav.frames * decoded.wav.coding.frame_bytes


def _between_marks(wav: WavFile) -> WavFile:
    """Make a decoded file hold only what lies between the two marks: its head is changed, nothing is copied.

    Raises:
        EmoTalkError: there are no marks; the decoder did not come to its end.
    """
    mark = decoder.mark() > 0
    tail = max(wav.frames - 4 * len(mark), len(mark))
    if not np.array_equal(_is_up(wav, 0, len(mark)), mark):
        tail = wav.frames
    places = np.flatnonzero(
        (sliding_window_view(_is_up(wav, tail, wav.frames - tail), len(mark)) == mark).all(axis=1)
        if wav.frames - tail >= len(mark)
        else ()
    )
    if not len(places):
        raise EmoTalkError(f"{wav.path.name} was not decoded to its end; try again")
    skipped = len(mark) * wav.coding.frame_bytes
    length = (tail + int(places[0])) * wav.coding.frame_bytes - skipped
    with wav.path.open("r+b") as file:
        file.truncate(wav.start + skipped + length)
        file.seek(4)
        file.write(struct.pack("<I", min(wav.start + skipped + length - 8, 0xFFFFFFFF)))
        file.seek(wav.start - 8)
        file.write(struct.pack("<4sI", b"JUNK", skipped - 8))
        file.seek(wav.start + skipped - 8)
        file.write(struct.pack("<4sI", b"data", min(length, 0xFFFFFFFF)))
    return open_wav(wav.path)


def _is_up(wav: WavFile, first: int, frames: int) -> np.ndarray:
    """(frames,) whether the first channel is above 0."""
    return np.concatenate([np.zeros(0, bool), *(block[:, 0] > 0 for block in wav.part(first, frames).blocks())])


def _words() -> list[str]:
    """How to start the decoder: in this Blender's program, or in this Python where Blender is a module."""
    if bpy.app.binary_path:
        return [bpy.app.binary_path, "--background", "--factory-startup", "--python", str(_DECODER)]
    return [sys.executable, "-I", str(_DECODER)]


def _has_decoder() -> bool:
    try:
        import aud  # noqa: F401 - whether there is one
    except ImportError:
        return False
    return True


def _no_decoder(path: Path) -> str:
    return f"This build of Blender only reads WAV; convert {path.name} to WAV and choose that"


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
