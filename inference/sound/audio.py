"""Sound files and sample arrays to mono speech at 16 kHz, the input of every model."""

import contextlib
import os
import stat
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..contract import EmoTalkError, Speech
from .checks import NO_VOICE
from .containers import check_complete, check_mp3, compare, promised_frames
from .log_mel import QUIETEST_LEVEL, speech_level
from .mixing import Held, mono_weights
from .mpeg import read_mp3
from .resampling import resample
from .wav import FORMS, OtherCodingError, WavFile, open_wav

LOWEST_RATE: Final = 4_000
HIGHEST_RATE: Final = 384_000
LONGEST_SECONDS: Final = 2 * 60 * 60
"""Longer files are refused: the input is a line of dialogue, and memory must stay bounded."""

_LARGEST_SAMPLE: Final = 1e5
"""Sound lies within -1..1; some programs store whole numbers up to 32768 as floats, none stores more."""

_MAGIC: Final = {
    "flac": b"fLaC",
    "ogg": b"OggS",
    "mp3": b"ID3",
    "matroska": b"\x1a\x45\xdf\xa3",
    "au": b".snd",
    "caf": b"caff",
    "w64": bytes.fromhex("726966662e91cf11a5d628db04c10000"),
    "asf": bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"),
}
"""First bytes of the formats that these bytes alone identify."""

_BLOCK_FRAMES: Final = 1 << 17
_MOST_ZEROS: Final = 1 << 16
"""So many zeros in front of an MP3 file are passed over, as its decoders do."""

_Blocks = Callable[[], Iterable[np.ndarray]]
"""Begins to read a sound; can be called again to read it once more."""

Section = tuple[float, float]
"""Part of a sound: start and duration in seconds."""


def read_speech(path: str | Path, section: Section | None = None, channel: int = 0, source: str | Path = "") -> Speech:
    """Read a sound file of any rate, channel count and coding as speech.

    WAV is read here; other formats by the soundfile package where it is installed.

    Args:
        path: the file.
        section: the part to read, cut off at the end of the file.
        channel: the channel to use, counted from 1; 0 mixes all of them so that no voice is lost.
        source: the file that this one was decoded from, for messages; the file itself if not given.

    Raises:
        EmoTalkError: the file is missing, a folder, a pipe or a device, empty, cut off, not a sound, not finite, has
            no samples, lacks the channel, is longer than two hours, has a rate outside 4 to 384 kHz, or ends before the
            section begins.
    """
    path = Path(path)
    try:
        kind = known_audio_format(path)
        if kind == "wav":
            try:
                return _from_wav(open_wav(path), section, channel, Path(source or path))
            except OtherCodingError as error:
                return _from_other(path, kind, section, channel, str(error))
        if kind is None:
            raise EmoTalkError(f"{path.name} is not a sound file of a known kind; export it as WAV")
        return _from_other(path, kind, section, channel)
    except FileNotFoundError:
        raise EmoTalkError(f"There is no file {path}") from None
    except OSError as error:
        raise EmoTalkError(f"{path} cannot be read: {error.strerror or error}") from error


def speech_from_samples(
    samples: np.ndarray, rate: float, source: str = "", section: Section | None = None, channel: int = 0
) -> Speech:
    """Convert samples in memory to speech.

    Args:
        samples: (n,) or (n, channels); floats within -1..1, or signed whole numbers over their type's range.
        rate: Hz, a whole number.
        source: where they came from, for messages.
        section: the part to use.
        channel: the channel to use, counted from 1; 0 mixes all of them so that no voice is lost.

    Raises:
        EmoTalkError: no samples, not finite, too long, a rate outside 4 to 384 kHz, an array of a wrong shape, no such
            channel, or it ends before the section begins.
    """
    name = Path(source).name or "The sound"
    samples = np.asarray(samples)
    if samples.ndim not in (1, 2) or samples.dtype.kind not in "fi" or 0 in samples.shape[1:]:
        raise EmoTalkError(f"{name} is not an array of sound: it must be (samples,) or (samples, channels) of numbers")
    if not float(rate).is_integer():
        raise EmoTalkError(f"{name} has a sample rate of {rate:g} Hz; a whole number is needed")
    table = samples[:, None] if samples.ndim == 1 else samples
    first, count = _within(section, len(table), int(rate), name)
    table = table[first : first + count]

    def blocks() -> Iterator[np.ndarray]:
        return (_as_float(table[begin : begin + _BLOCK_FRAMES]) for begin in range(0, count, _BLOCK_FRAMES))

    return _speech(blocks, int(rate), (len(table), table.shape[1]), 0, name, source, channel)


def known_audio_format(path: str | Path) -> str | None:
    """The kind of a sound or video file by its first bytes, or None if they are unknown.

    Some builds of Blender crash when they open a file that is not a sound; this check comes first.

    Raises:
        EmoTalkError: the file is empty, a folder, a pipe or a device.
        OSError: it is missing or cannot be read.
    """
    check_regular(Path(path))
    with Path(path).open("rb") as file:
        head = file.read(64)
        if not head:
            raise EmoTalkError(f"{Path(path).name} is empty")
        if not any(head):
            head = (head + file.read(_MOST_ZEROS)).lstrip(b"\0")
            return "mp3" if head[:3] == b"ID3" or _mpeg_audio(head) == "mp3" else None
    if head[:4] in FORMS:
        return {b"WAVE": "wav", b"AVI ": "avi"}.get(head[8:12])
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    if head[4:8] == b"ftyp":
        return "mp4"
    for kind, magic in _MAGIC.items():
        if head.startswith(magic):
            return kind
    return _mpeg_audio(head)


def check_regular(path: Path) -> None:
    """Refuse what is no plain file before it is opened: to open a pipe waits until somebody writes.

    Raises:
        EmoTalkError: it is a folder, a pipe or a device.
        OSError: it is missing or cannot be looked at.
    """
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise EmoTalkError(f"{path} is a folder, not a sound file")
    if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
        raise EmoTalkError(f"{path} is a pipe; write the sound to a file and give that")
    if not stat.S_ISREG(mode):
        raise EmoTalkError(f"{path} is a device, not a sound file; write the sound to a file and give that")


def _mpeg_audio(head: bytes) -> str | None:
    """MP3 and AAC streams begin with eleven set bits and fields in which some values are invalid."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    if layer == 0:
        return "aac" if head[1] & 0xF0 == 0xF0 and head[2] >> 2 & 15 < 13 else None
    bit_rate, rate = head[2] >> 4, head[2] >> 2 & 3
    return "mp3" if version != 1 and bit_rate not in (0, 15) and rate != 3 else None


def _from_wav(wav: WavFile, section: Section | None, channel: int, source: Path) -> Speech:
    part = wav.part(*_within(section, wav.frames, wav.rate, source.name))
    shape = (part.frames, part.channels)
    remarks = list(wav.remarks)
    return _speech(part.blocks, part.rate, shape, part.speakers, source.name, str(source), channel, remarks)


def _from_other(path: Path, kind: str, section: Section | None, channel: int, no_package: str = "") -> Speech:
    try:
        import soundfile
    except ImportError:
        only_wav = f"{path.name} is {kind}; only WAV is read here: export it as WAV, or install the soundfile package"
        raise EmoTalkError(no_package or only_wav) from None
    source: Any = path
    if kind == "mp3" and (mp3 := read_mp3(path)) and mp3.data:  # without a whole frame, the decoder refuses it
        remarks = list(check_mp3(mp3, path.name))
        if mp3.claimed != mp3.frames or not mp3.is_clean:
            source = mp3.with_true_length()  # libsndfile stops at the length that it estimates
    else:
        remarks = list(check_complete(path, kind))
    try:
        with contextlib.ExitStack() as files:
            with _silent_stderr():
                file = files.enter_context(soundfile.SoundFile(source))
            first, count = _within(section, file.frames, file.samplerate, path.name)
            shape = (count, file.channels)

            def blocks() -> Iterator[np.ndarray]:
                with _silent_stderr():
                    file.seek(first)
                left = count
                while left > 0:
                    with _silent_stderr():
                        block = file.read(min(left, _BLOCK_FRAMES), dtype="float32", always_2d=True)
                    if len(block) == 0:
                        break
                    left -= len(block)
                    yield block
                if kind != "mp3":  # its frames were counted above, and decoders drop some at either end
                    end_remarks.extend(compare(first + count - left, first + count, file.samplerate, path.name))

            end_remarks: list[str] = []
            speech = _speech(blocks, file.samplerate, shape, 0, path.name, str(path), channel, remarks)
            return Speech(speech.samples, speech.source, (*dict.fromkeys(end_remarks), *speech.remarks))
    except soundfile.LibsndfileError as error:
        if promised_frames(path, kind):  # libsndfile says nothing about FLAC that ends in mid-frame
            raise EmoTalkError(f"{path.name} is cut off or damaged; copy or export it again") from None
        if no_package:
            raise EmoTalkError(no_package) from None
        raise EmoTalkError(
            f"{path.name} cannot be read as {kind}: {error.error_string.rstrip('.')}; export it as WAV"
        ) from None


_stderr_lock: Final = threading.Lock()


@contextlib.contextmanager
def _silent_stderr() -> Iterator[None]:
    """Keep what libraries in C print from stderr: libmpg123 complains of files that it then reads well."""
    with _stderr_lock:
        try:
            kept = os.dup(2)
        except OSError:  # this program has no stderr
            yield
            return
        try:
            with open(os.devnull, "wb") as nowhere:  # noqa: PTH123
                os.dup2(nowhere.fileno(), 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _within(section: Section | None, frames: int, rate: int, name: str) -> tuple[int, int]:
    """The first frame of a section, and how many of its frames exist."""
    if section is None:
        return 0, frames
    first = max(round(section[0] * rate), 0)
    if first >= frames > 0:
        raise EmoTalkError(f"The line begins after the end of {name}, which lasts {frames / rate:.2f} seconds")
    return first, max(min(round((section[0] + section[1]) * rate), frames) - first, 0)


def _speech(
    blocks: _Blocks,
    rate: int,
    shape: tuple[int, int],
    speakers: int,
    name: str,
    source: str,
    channel: int = 0,
    remarks: Iterable[str] = (),
) -> Speech:
    frames, channels = shape
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise EmoTalkError(f"{name} has a sample rate of {rate} Hz; {LOWEST_RATE} to {HIGHEST_RATE} Hz are read")
    if frames == 0:
        raise EmoTalkError(f"{name} holds no sound: it has 0 samples")
    if frames > LONGEST_SECONDS * rate:
        raise EmoTalkError(
            f"{name} lasts {frames / rate / 3600:.3g} hours; split it into parts of at most "
            f"{LONGEST_SECONDS // 3600} hours"
        )
    if not 0 <= channel <= channels:
        has = "one channel" if channels == 1 else f"{channels} channels"
        raise EmoTalkError(f"{name} has {has}; channel {channel} is none of them (0 uses all)")
    if channel or channels == 1:
        index = max(channel - 1, 0)
        samples = resample((block[:, index] for block in _checked(blocks(), name)), rate, frames)
    else:
        samples = _mixed(blocks, rate, frames, mono_weights(channels, speakers), speakers, name)
    remarks = tuple(remarks)
    if speech_level(samples) <= QUIETEST_LEVEL:
        of = f"channel {channel} of " if channel else ""
        remarks = (*remarks, f"{NO_VOICE} {of}{name}: it is silent")
    return Speech(samples, source, remarks)


def _mixed(blocks: _Blocks, rate: int, frames: int, weights: np.ndarray, speakers: int, name: str) -> np.ndarray:
    held = Held(len(weights))

    def mix() -> Iterator[np.ndarray]:
        for block in _checked(blocks(), name):
            held.add(block)
            yield block @ weights

    samples = resample(mix(), rate, frames)
    better = held.better_weights(weights, speakers, rate)
    if better is None:
        return samples
    return resample((block @ better for block in blocks()), rate, frames)


def _checked(blocks: Iterable[np.ndarray], name: str) -> Iterator[np.ndarray]:
    for block in blocks:
        peak = np.abs(block).max(initial=0)
        if not np.isfinite(peak):
            raise EmoTalkError(f"{name} holds samples that are not numbers (NaN or infinite); export it again")
        if peak > _LARGEST_SAMPLE:
            raise EmoTalkError(f"{name} holds samples of {peak:.3g}, far outside -1 to 1; export it again")
        yield block


def _as_float(block: np.ndarray) -> np.ndarray:
    if block.dtype.kind == "i":
        return block.astype(np.float32) * np.float32(2.0 ** (1 - 8 * block.dtype.itemsize))
    with np.errstate(over="ignore"):  # overflow becomes infinite and is refused
        return block.astype(np.float32, copy=False)
