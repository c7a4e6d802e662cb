"""WAV files, read with the standard library and NumPy in blocks of bounded size.

RIFF, RIFX (big-endian) and RF64/BW64 (longer than 4 GB); whole numbers of 8 to 32 bits, floats of 32 and 64 bits,
A-law and mu-law, plain or WAVE_FORMAT_EXTENSIBLE; any number of channels; unknown chunks anywhere; headers that a
recorder did not finish.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from ..contract import EmoTalkError

FORMS: Final = (b"RIFF", b"RIFX", b"RF64", b"BW64")
"""The first four bytes of every file that is read here; bytes 8 to 12 are WAVE."""

_PCM, _FLOAT, _A_LAW, _MU_LAW, _EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
_CODEC_FAMILY: Final = (0x0000, 0x0010, bytes.fromhex("800000aa00389b71"))
"""The rest of the sub-format after the code in every WAVE_FORMAT_EXTENSIBLE file (Microsoft, mmreg.h)."""
_OTHER_CODECS: Final = {2: "ADPCM", 17: "IMA ADPCM", 49: "GSM", 85: "MP3"}
_UNKNOWN_LENGTH: Final = 0x7FFF0000
"""Lengths from here on were written by a recorder that did not know the length."""
_BLOCK_BYTES: Final = 1 << 21
_LOOK_BYTES: Final = 1 << 20
_LEAST_REST_SECONDS: Final = 0.1
"""Less than this behind the sound is no sound that the header does not count."""
_TAGS: Final = (b"ID3", b"TAG", b"APETAGEX")
"""What some programs put behind the sound without a chunk of its own."""


class OtherCodingError(EmoTalkError):
    """A WAV file whose samples are coded in a way that is not read here; another decoder may read it."""


def is_harmless(missing: float, whole: float, rate: float) -> bool:
    """Whether so little of a sound is missing at its end that it can be used all the same.

    Args:
        missing: frames, or any other unit.
        whole: the promised number of them.
        rate: how many make a second.
    """
    share, seconds = missing / max(whole, 1), missing / rate
    return (share <= 0.01 and seconds <= 1) or (share <= 0.1 and seconds <= 0.1)


def _expanded_a_law() -> np.ndarray:
    """(256,) float32 for each byte (ITU-T G.711)."""
    code = np.arange(256) ^ 0x55
    exponent, mantissa = code >> 4 & 7, code & 15
    size = np.where(exponent == 0, 2 * mantissa + 1, (2 * mantissa + 33) << np.maximum(exponent - 1, 0))
    return (np.where(code & 0x80, size, -size) / 4096).astype(np.float32)


def _expanded_mu_law() -> np.ndarray:
    """(256,) float32 for each byte (ITU-T G.711)."""
    code = ~np.arange(256) & 0xFF
    size = ((2 * (code & 15) + 33) << (code >> 4 & 7)) - 33
    return (np.where(code & 0x80, -size, size) / 8192).astype(np.float32)


_EXPANDED: Final = {_A_LAW: _expanded_a_law(), _MU_LAW: _expanded_mu_law()}


@dataclass(frozen=True)
class _Coding:
    """The storage of samples: the checked format chunk."""

    rate: int
    channels: int
    speakers: int
    sample_bytes: int
    code: int
    order: str

    @property
    def frame_bytes(self) -> int:
        return self.sample_bytes * self.channels

    def decode(self, data: bytes) -> np.ndarray:
        """(n, channels) float32."""
        if self.code in _EXPANDED:
            samples = _EXPANDED[self.code][np.frombuffer(data, np.uint8)]
        elif self.code == _FLOAT:
            with np.errstate(over="ignore", invalid="ignore"):  # overflow becomes infinite and is refused
                samples = np.frombuffer(data, f"{self.order}f{self.sample_bytes}").astype(np.float32)
        elif self.sample_bytes == 1:  # stored with an offset, unlike everything wider
            samples = (np.frombuffer(data, np.uint8).astype(np.float32) - 128) / 128
        elif self.sample_bytes == 3:
            wide = np.zeros((len(data) // 3, 4), np.uint8)
            first = 1 if self.order == "<" else 0
            wide[:, first : first + 3] = np.frombuffer(data, np.uint8).reshape(-1, 3)
            samples = wide.view(f"{self.order}i4")[:, 0] * np.float32(2**-31)
        else:
            scale = np.float32(2.0 ** (1 - 8 * self.sample_bytes))
            samples = np.frombuffer(data, f"{self.order}i{self.sample_bytes}").astype(np.float32) * scale
        return samples.astype(np.float32, copy=False).reshape(-1, self.channels)


@dataclass(frozen=True)
class WavFile:
    """The place of the sound in a WAV file.

    Attributes:
        path: the file.
        frames: samples per channel.
        start: position of the first sample's first byte.
        coding: of the samples.
        remarks: a sentence for each thing that is wrong with the file and that did not keep it from being read.
    """

    path: Path
    frames: int
    start: int
    coding: _Coding
    remarks: tuple[str, ...] = ()

    @property
    def rate(self) -> int:
        """Frames per second (Hz)."""
        return self.coding.rate

    @property
    def channels(self) -> int:
        """The number of channels."""
        return self.coding.channels

    @property
    def speakers(self) -> int:
        """WAVE_FORMAT_EXTENSIBLE's speaker bits; 0 if the file does not name its channels."""
        return self.coding.speakers

    def part(self, first: int, frames: int) -> "WavFile":
        """``frames`` frames from number ``first`` on, which must exist."""
        return replace(self, frames=frames, start=self.start + first * self.coding.frame_bytes)

    def blocks(self) -> Iterator[np.ndarray]:
        """The sound as (n, channels) float32, whole numbers within -1..1, floats as they are, 2 MB at a time.

        Raises:
            EmoTalkError: the file became shorter than it was.
            OSError: it cannot be read any more.
        """
        frame_bytes = self.coding.frame_bytes
        longest = max(1, _BLOCK_BYTES // frame_bytes)
        with self.path.open("rb") as file:
            file.seek(self.start)
            for first in range(0, self.frames, longest):
                expected = min(longest, self.frames - first) * frame_bytes
                data = file.read(expected)
                if len(data) < expected:
                    raise EmoTalkError(f"{self.path.name} became shorter while it was read; try again")
                yield self.coding.decode(data)


def open_wav(path: Path) -> WavFile:
    """Read the header of a WAV file.

    Raises:
        OtherCodingError: its samples are coded in a way that is not read here.
        EmoTalkError: it is not a WAV file, damaged, or truncated.
        OSError: it cannot be opened.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        try:
            return _read_chunks(file, size, path)
        except struct.error:
            raise EmoTalkError(f"{path.name} is cut off: it ends before its sound begins") from None


def _read_chunks(file: BinaryIO, size: int, path: Path) -> WavFile:
    form = file.read(4)
    order = ">" if form == b"RIFX" else "<"
    form_size, kind = _fields(file, order + "I4s")
    if form not in FORMS or kind != b"WAVE":
        raise EmoTalkError(f"{path.name} is not a WAV file")
    coding: _Coding | None = None
    long_length: int | None = None
    while True:
        name, length = _fields(file, order + "4sI")
        position = file.tell()
        if name == b"fmt ":
            coding = _read_coding(file, length, order, path)
        elif name == b"ds64":
            _, long_length = _fields(file, order + "QQ")
        elif name == b"data":
            if coding is None:
                raise EmoTalkError(f"{path.name} is a damaged WAV file: its sound comes before its format")
            if long_length is not None and length == 0xFFFFFFFF:
                length = long_length
            there = size - position
            remarks: tuple[str, ...] = ()
            if length >= _UNKNOWN_LENGTH and length > there:  # a stream
                length = there
            elif length < there and _sound_goes_on(file, coding, length, there, form_size, position):
                if length or form_size not in (0, 0xFFFFFFFF):  # neither is a stream's
                    remarks = (_unfinished(coding, there, path),)
                length = there
            frames = length // coding.frame_bytes
            missing = frames - there // coding.frame_bytes
            if missing > 0:
                if not is_harmless(missing, frames, coding.rate):
                    raise EmoTalkError(cut_off(path.name, missing / coding.rate, frames / coding.rate))
                remarks = (end_missing(path.name, missing / coding.rate),)
            return WavFile(path, frames - max(missing, 0), position, coding, remarks)
        file.seek(position + length + length % 2)


def _fields(file: BinaryIO, layout: str) -> tuple[Any, ...]:
    return struct.unpack(layout, file.read(struct.calcsize(layout)))


def cut_off(name: str, missing: float, whole: float) -> str:
    """The sentence about a sound of which so many seconds are missing."""
    return f"{name} is cut off: {missing:.3g} of {whole:.3g} seconds are missing; copy or export it again"


def end_missing(name: str, seconds: float) -> str:
    """The remark about a sound that lacks a harmless part at its end."""
    much = f"{seconds:.2f} seconds" if seconds >= 0.01 else "less than 0.01 seconds"
    return f"{name} is shorter than it says by {much}; what is there is used"


def _unfinished(coding: _Coding, there: int, path: Path) -> str:
    seconds = there / coding.frame_bytes / coding.rate
    return (
        f"{path.name} was not finished by what recorded it; all {seconds:.3g} seconds to the end of the file are used"
    )


def _sound_goes_on(file: BinaryIO, coding: _Coding, length: int, there: int, form_size: int, position: int) -> bool:
    """Whether what lies behind the sound's stated end is sound as well: a recorder that was stopped left the header.

    A finished file has chunks there, or nothing but a tag or zeros.
    """
    if length == 0 and (form_size + 8 < position or form_size >= _UNKNOWN_LENGTH):
        return True  # not even the length of the whole file was filled in
    rest = there - length
    if length and rest < _LEAST_REST_SECONDS * coding.rate * coding.frame_bytes:
        return False
    for odd in {length % 2, 0}:  # some programs forget the byte that makes a chunk even
        file.seek(position + length + odd)
        if _is_chunk(file, position + there, coding.order):
            return False
    file.seek(position + length)
    return any(file.read(min(rest, _LOOK_BYTES)))


def _is_chunk(file: BinaryIO, end: int, order: str) -> bool:
    """Whether a chunk that fits, or a tag, begins here; or so little is left that it does not matter."""
    head = file.read(8)
    if len(head) < 8 or head.startswith(_TAGS):
        return True
    name, length = struct.unpack(order + "4sI", head)
    return name[:1].isalpha() and name.isascii() and name.decode().isprintable() and file.tell() + length <= end


def _read_coding(file: BinaryIO, length: int, order: str, path: Path) -> _Coding:
    damaged = EmoTalkError(f"{path.name} is a damaged WAV file: its format cannot be read")
    if length < 16:
        raise damaged
    code, channels, rate, _, frame_bytes, bits = _fields(file, order + "HHIIHH")
    speakers = 0
    if code == _EXTENSIBLE:
        if length < 40:
            raise damaged
        _, _, speakers, code, *family = _fields(file, order + "HHIIHH8s")
        if tuple(family) != _CODEC_FAMILY:
            code = -1
    if code not in (_PCM, _FLOAT, *_EXPANDED):
        coding = _OTHER_CODECS.get(code, "something unknown")
        raise OtherCodingError(f"{path.name} is a WAV file coded as {coding}; export it as PCM WAV")
    if not channels or not rate or frame_bytes % channels or not 0 < bits <= 8 * (frame_bytes // channels):
        raise damaged
    sample_bytes = frame_bytes // channels
    if sample_bytes not in {_PCM: (1, 2, 3, 4), _FLOAT: (4, 8)}.get(code, (1,)):
        raise EmoTalkError(f"{path.name} holds samples of {bits} bits, which are not supported; export it as PCM WAV")
    return _Coding(rate, channels, speakers, sample_bytes, code, order)
