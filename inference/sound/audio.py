"""Sound files and sample arrays to mono speech at 16 kHz, the input of every model."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import numpy as np

from ..contract import EmoTalkError, Speech
from .resampling import resample
from .wav import FORMS, WavFile, open_wav

LOWEST_RATE: Final = 4_000
HIGHEST_RATE: Final = 384_000
LONGEST_SECONDS: Final = 2 * 60 * 60
"""Longer files are refused: the input is a line of dialogue, and memory must stay bounded."""

_LARGEST_SAMPLE: Final = 1e5
"""Sound lies within -1..1; some programs store whole numbers up to 32768 as floats, none stores more."""

_CENTRE, _SUBWOOFER = 0x4, 0x8
_SURROUND_51: Final = (0x1, 0x2, _CENTRE, _SUBWOOFER, 0x10, 0x20)
_SURROUND_71: Final = (*_SURROUND_51, 0x200, 0x400)
_LAYOUTS: Final = {6: _SURROUND_51, 8: _SURROUND_71}
"""The channels of files that do not name them (the order of WAVE_FORMAT_EXTENSIBLE)."""

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

Section = tuple[float, float]
"""Part of a sound: start and duration in seconds."""


def read_speech(path: str | Path, section: Section | None = None) -> Speech:
    """Read a sound file of any rate, channel count and coding as speech.

    WAV is read here; other formats by the soundfile package where it is installed.

    Args:
        path: the file.
        section: the part to read, cut off at the end of the file.

    Raises:
        EmoTalkError: the file is missing, a folder, empty, truncated, not a sound, not finite, has no samples, is
            longer than two hours, has a rate outside 4 to 384 kHz, or ends before the section begins.
    """
    path = Path(path)
    if path.is_dir():
        raise EmoTalkError(f"{path} is a folder, not a sound file")
    try:
        kind = known_audio_format(path)
        if kind == "wav":
            return _from_wav(open_wav(path), section)
        if kind is None:
            raise EmoTalkError(f"{path.name} is not a sound file of a known kind; export it as WAV")
        return _from_other(path, kind, section)
    except FileNotFoundError:
        raise EmoTalkError(f"There is no file {path}") from None
    except OSError as error:
        raise EmoTalkError(f"{path} cannot be read: {error.strerror or error}") from error


def speech_from_samples(samples: np.ndarray, rate: float, source: str = "", section: Section | None = None) -> Speech:
    """Convert samples in memory to speech.

    Args:
        samples: (n,) or (n, channels); floats within -1..1, or signed whole numbers over their type's range.
        rate: Hz, a whole number.
        source: where they came from, for messages.
        section: the part to use.

    Raises:
        EmoTalkError: no samples, not finite, too long, a rate outside 4 to 384 kHz, an array of a wrong shape, or it
            ends before the section begins.
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
    blocks = (_as_float(table[begin : begin + _BLOCK_FRAMES]) for begin in range(0, count, _BLOCK_FRAMES))
    return _speech(blocks, int(rate), (len(table), table.shape[1]), 0, name, source)


def known_audio_format(path: str | Path) -> str | None:
    """The kind of a sound or video file by its first bytes, or None if they are unknown.

    Some builds of Blender crash when they open a file that is not a sound; this check comes first.

    Raises:
        EmoTalkError: the file is empty.
        OSError: it is missing, a folder, or cannot be read.
    """
    with Path(path).open("rb") as file:
        head = file.read(64)
    if not head:
        raise EmoTalkError(f"{Path(path).name} is empty")
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


def _mpeg_audio(head: bytes) -> str | None:
    """MP3 and AAC streams begin with eleven set bits and fields in which some values are invalid."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    if layer == 0:
        return "aac" if head[1] & 0xF0 == 0xF0 and head[2] >> 2 & 15 < 13 else None
    bit_rate, rate = head[2] >> 4, head[2] >> 2 & 3
    return "mp3" if version != 1 and bit_rate not in (0, 15) and rate != 3 else None


def _from_wav(wav: WavFile, section: Section | None) -> Speech:
    wav = wav.part(*_within(section, wav.frames, wav.rate, wav.path.name))
    shape = (wav.frames, wav.channels)
    return _speech(wav.blocks(), wav.rate, shape, wav.speakers, wav.path.name, str(wav.path))


def _from_other(path: Path, kind: str, section: Section | None) -> Speech:
    try:
        import soundfile
    except ImportError:
        raise EmoTalkError(
            f"{path.name} is {kind}; only WAV is read here: export it as WAV, or install the soundfile package"
        ) from None
    try:
        with soundfile.SoundFile(path) as file:
            first, count = _within(section, file.frames, file.samplerate, path.name)
            file.seek(first)
            blocks = file.blocks(_BLOCK_FRAMES, frames=count, dtype="float32", always_2d=True)
            return _speech(blocks, file.samplerate, (count, file.channels), 0, path.name, str(path))
    except soundfile.LibsndfileError as error:
        raise EmoTalkError(
            f"{path.name} cannot be read as {kind}: {error.error_string.rstrip('.')}; export it as WAV"
        ) from None


def _within(section: Section | None, frames: int, rate: int, name: str) -> tuple[int, int]:
    """The first frame of a section, and how many of its frames exist."""
    if section is None:
        return 0, frames
    first = max(round(section[0] * rate), 0)
    if first >= frames > 0:
        raise EmoTalkError(f"The line begins after the end of {name}, which lasts {frames / rate:.2f} seconds")
    return first, max(min(round((section[0] + section[1]) * rate), frames) - first, 0)


def _speech(
    blocks: Iterable[np.ndarray], rate: int, shape: tuple[int, int], speakers: int, name: str, source: str
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
    weights = _mono_weights(channels, speakers)
    samples = resample(_mono(blocks, weights, name), rate, frames)
    return Speech(samples, source)


def _mono(blocks: Iterable[np.ndarray], weights: np.ndarray, name: str) -> Iterator[np.ndarray]:
    for block in blocks:
        peak = np.abs(block).max(initial=0)
        if not np.isfinite(peak):
            raise EmoTalkError(f"{name} holds samples that are not numbers (NaN or infinite); export it again")
        if peak > _LARGEST_SAMPLE:
            raise EmoTalkError(f"{name} holds samples of {peak:.3g}, far outside -1 to 1; export it again")
        yield block[:, 0] if len(weights) == 1 else block @ weights


def _mono_weights(channels: int, speakers: int) -> np.ndarray:
    """(channels,) gains of a mixdown that keeps the level of dialogue.

    In surround sound, dialogue is in the centre, or in left and right alike. Both keep their full level; the surround
    channels are reduced to a quarter and the subwoofer is dropped. Channels without a known position are averaged.
    """
    places = [1 << bit for bit in range(32) if speakers >> bit & 1] or list(_LAYOUTS.get(channels, ()))
    if len(places) != channels or _CENTRE not in places or channels < 3:
        return np.full(channels, 1 / channels, np.float32)
    gains = {_CENTRE: 1.0, _SUBWOOFER: 0.0, 0x1: 0.5, 0x2: 0.5}
    return np.array([gains.get(place, 0.25) for place in places], np.float32)


def _as_float(block: np.ndarray) -> np.ndarray:
    if block.dtype.kind == "i":
        return block.astype(np.float32) * np.float32(2.0 ** (1 - 8 * block.dtype.itemsize))
    with np.errstate(over="ignore"):  # overflow becomes infinite and is refused
        return block.astype(np.float32, copy=False)
