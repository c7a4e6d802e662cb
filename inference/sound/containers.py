"""Whether a sound file is all there: what its container promises against what the file holds.

Decoders play the part that is there without a word, each in its own way. This looks at the containers themselves, so
that a cut file is refused in Blender and on the command line alike.
"""

import struct
from pathlib import Path
from typing import BinaryIO, Final

from ..contract import EmoTalkError
from .mpeg import Mp3, read_mp3
from .wav import cut_off, end_missing, is_harmless, open_wav

_OGG_LAST_BYTES: Final = 1 << 17
"""A page of an Ogg file is shorter than half of this."""
_OGG_END: Final = 4
_FLAC_INFO_BYTES: Final = bytes((0, 0, 34))
_MP4_BOXES: Final = frozenset("ftyp moov mdat free skip wide uuid moof mfra sidx styp meta pdin udta".split())
_ASF_FILE: Final = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_MATROSKA_SEGMENT: Final = b"\x18\x53\x80\x67"


def check_complete(path: Path, kind: str) -> tuple[str, ...]:
    """Compare the length that a container states with that of the file.

    Args:
        path: the file.
        kind: its kind, see ``audio.known_audio_format``.

    Returns:
        Remarks: a sentence for what is missing and does not matter much.

    Raises:
        EmoTalkError: the file is cut off.
        OSError: it cannot be read.
    """
    if kind == "mp3":
        mp3 = read_mp3(path)
        return check_mp3(mp3, path.name) if mp3 else ()
    size = path.stat().st_size
    with path.open("rb") as file:
        if kind == "ogg":
            return _check_ogg(file, size, path.name)
        try:
            end = _promised_end(file, kind, size)
        except (struct.error, IndexError):  # the decoder says what is wrong with such a file
            return ()
    missing = (end or 0) - size
    if missing <= 0 or end is None:
        return ()
    if missing > 0.01 * end:
        raise EmoTalkError(f"{path.name} is cut off: {missing / end:.0%} of it is missing; copy or export it again")
    return (f"{path.name} is shorter than it says by {missing:,} bytes; what is there is used",)


def check_mp3(mp3: Mp3, name: str) -> tuple[str, ...]:
    """``check_complete`` for an MP3 file whose frames were counted."""
    missing = (mp3.claimed or 0) - mp3.frames
    return compare(mp3.frames, mp3.claimed or 0, mp3.rate / mp3.frame_samples, name) if missing > 2 else ()


def compare(decoded: int, promised: int, rate: float, name: str) -> tuple[str, ...]:
    """Compare the length that was decoded with the promised one.

    Args:
        decoded: frames.
        promised: frames; 0 if nothing is promised.
        rate: frames per second.
        name: of the file.

    Returns:
        Remarks: a sentence if the end is missing and does not matter much.

    Raises:
        EmoTalkError: the file is cut off.
    """
    missing = promised - decoded
    if missing <= 0:
        return ()
    if not is_harmless(missing, promised, rate):
        raise EmoTalkError(cut_off(name, missing / rate, promised / rate))
    return (end_missing(name, missing / rate),)


def promised_frames(path: Path, kind: str) -> int:
    """The number of samples per channel that a FLAC file states; 0 for other kinds and where it does not say."""
    if kind != "flac":
        return 0
    with path.open("rb") as file:
        head = file.read(42)
    if head[:4] != b"fLaC" or head[5:8] != _FLAC_INFO_BYTES or len(head) < 42:
        return 0
    return int.from_bytes(head[18:26], "big") & (1 << 36) - 1


def stated_seconds(path: Path, kind: str) -> float:
    """How long a sound is, told without decoding it: for WAV, MP3 and FLAC; 0 for other kinds and for damaged files."""
    try:
        if kind == "wav":
            wav = open_wav(path)
            return wav.frames / wav.rate
        if kind == "mp3":
            mp3 = read_mp3(path)
            return mp3.frames * mp3.frame_samples / mp3.rate if mp3 else 0.0
        frames = promised_frames(path, kind)
        with path.open("rb") as file:
            rate = int.from_bytes(file.read(21)[18:21], "big") >> 4  # of FLAC: 20 bits before the number of channels
    except (EmoTalkError, OSError):
        return 0.0
    return frames / rate if frames and rate else 0.0


def _check_ogg(file: BinaryIO, size: int, name: str) -> tuple[str, ...]:
    if file.read(5) != b"OggS\0":  # the decoder says what is wrong with such a file
        return ()
    file.seek(max(size - _OGG_LAST_BYTES, 0))
    last = file.read()
    page = last.rfind(b"OggS")
    head = last[page : page + 27]
    if page < 0 or len(head) < 27 or page + 27 + head[26] > len(last):
        raise EmoTalkError(f"{name} is cut off: its end is missing; copy or export it again")
    sizes = last[page + 27 : page + 27 + head[26]]
    if page + 27 + len(sizes) + sum(sizes) > len(last):
        raise EmoTalkError(f"{name} is cut off: its end is missing; copy or export it again")
    if not head[5] & _OGG_END:
        return (f"{name} has no end mark: it was cut off or its recording was not finished; what is there is used",)
    return ()


def _promised_end(file: BinaryIO, kind: str, size: int) -> int | None:
    """Where the container says that its sound ends, in bytes; None if it does not say."""
    if kind == "au":
        offset, length = struct.unpack(">4xII", file.read(12))
        return None if length == 0xFFFFFFFF else offset + length
    if kind == "avi":
        (length,) = struct.unpack("<4xI", file.read(8))
        return length + 8 if length else None
    if kind == "asf":
        head = file.read(8192)
        place = head.find(_ASF_FILE)
        return int.from_bytes(head[place + 40 : place + 48], "little") if place >= 0 else None
    if kind == "matroska":
        head = file.read(4096)
        place = head.find(_MATROSKA_SEGMENT) + 4
        width = 9 - head[place].bit_length()
        length = int.from_bytes(head[place : place + width], "big") & (1 << 7 * width) - 1
        return None if place < 4 or length == (1 << 7 * width) - 1 else place + width + length
    walk = {"aiff": _aiff_end, "caf": _caf_end, "w64": _w64_end, "mp4": _mp4_end}.get(kind)
    return walk(file, size) if walk else None


def _aiff_end(file: BinaryIO, size: int) -> int | None:
    position = 12
    while position < size:
        file.seek(position)
        name, length = struct.unpack(">4sI", file.read(8))
        if name == b"SSND":
            return position + 8 + length
        position += 8 + length + length % 2
    return None


def _caf_end(file: BinaryIO, size: int) -> int | None:
    position = 8
    while position < size:
        file.seek(position)
        name, length = struct.unpack(">4sq", file.read(12))
        if name == b"data":
            return position + 12 + length if length >= 0 else None
        position += 12 + max(length, 0)
    return None


def _w64_end(file: BinaryIO, size: int) -> int | None:
    position = 40
    while position < size:
        file.seek(position)
        name, length = struct.unpack("<4s12xQ", file.read(24))
        if name == b"data":
            return position + length
        position += max(length + -length % 8, 24)
    return None


def _mp4_end(file: BinaryIO, size: int) -> int | None:
    position = 0
    while position < size:
        file.seek(position)
        length, name = struct.unpack(">I4s", file.read(8))
        if name.decode("latin-1") not in _MP4_BOXES:
            return None
        if length == 1:
            (length,) = struct.unpack(">Q", file.read(8))
        elif length == 0:  # to the end of the file
            return None
        position += max(length, 8)
    return position
