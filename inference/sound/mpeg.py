"""The frames of an MP3 file, counted: what its head says of its length can be missing, estimated or wrong."""

from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final

_BIT_RATES: Final = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES: Final = (44100, 48000, 32000)
_XING_BYTES: Final = 16
"""Of the head that is written here: its name, which fields follow, the frames and the bytes."""


@dataclass(frozen=True)
class Mp3:
    """The frames of an MP3 file (MPEG 1, 2 or 2.5, layer III).

    Attributes:
        data: the frames one after the other, without what lies before, between and behind them.
        is_clean: whether there was nothing else in the file.
        frames: the number of whole frames with sound.
        claimed: the number that the file states (Xing, Info or VBRI), or None.
        rate: Hz.
        frame_samples: samples in a frame.
    """

    data: bytes
    is_clean: bool
    frames: int
    claimed: int | None
    rate: int
    frame_samples: int

    def with_true_length(self) -> BytesIO:
        """The frames behind a head that states their true number."""
        if self.claimed == self.frames:
            return BytesIO(self.data)
        one, two, mode = self.data[1] | 1, self.data[2], self.data[3]
        start = _side_info_end(one, mode)
        for bit_rate in range(1, 15):
            second = bit_rate << 4 | two & 0x0C
            length = _frame_length(one, second)
            if length >= start + _XING_BYTES:
                break
        xing = b"Xing" + (3).to_bytes(4, "big") + self.frames.to_bytes(4, "big") + len(self.data).to_bytes(4, "big")
        head = bytes((0xFF, one, second, mode)) + bytes(start - 4) + xing
        return BytesIO(head + bytes(length - len(head)) + self.data)


def read_mp3(path: Path) -> Mp3 | None:
    """Count the frames of an MP3 file; None if there are no frames of layer III.

    Raises:
        OSError: it cannot be read.
    """
    data = path.read_bytes()
    first = _next_frame(data, _tags_end(data))
    if first == len(data):
        return None
    one, two = data[first + 1], data[first + 2] & 0x0C
    claimed = _claimed(data, first)
    frames, position, end = (0 if claimed is None else -1), first, len(data)
    runs: list[tuple[int, int]] = []
    begin = first
    while position + 4 <= end:
        length = 0
        if data[position] == 0xFF and data[position + 1] | 1 == one | 1 and data[position + 2] & 0x0C == two:
            length = _frame_length(data[position + 1], data[position + 2])
        if length == 0:  # a tag, or damage
            runs.append((begin, position))
            begin = position = _next_frame(data, position + 1)
            continue
        if position + length > end:
            break
        position += length
        frames += 1
    runs.append((begin, position))
    whole = b"".join(data[start:stop] for start, stop in runs)
    version = one >> 3 & 3
    return Mp3(
        whole, len(whole) == len(data), max(frames, 0), claimed, _rate(version, two >> 2), 1152 if version == 3 else 576
    )


def _tags_end(data: bytes) -> int:
    position = 0
    while data[position : position + 3] == b"ID3" and len(data) >= position + 10:
        size = sum(
            (byte & 127) << shift
            for byte, shift in zip(data[position + 6 : position + 10], (21, 14, 7, 0), strict=True)
        )
        position += 10 + size
    return position


def _next_frame(data: bytes, position: int) -> int:
    """The first frame from here on that another one follows, or the end."""
    while (position := data.find(0xFF, position)) >= 0 and position + 4 <= len(data):
        length = _frame_length(data[position + 1], data[position + 2])
        following = data[position + length : position + length + 3]
        if length and (
            not following or (following[0] == 0xFF and len(following) == 3 and _frame_length(*following[1:]))
        ):
            return position
        position += 1
    return len(data)


@cache
def _frame_length(one: int, two: int) -> int:
    """The bytes of a frame by its second and third byte; 0 if it is none of layer III."""
    version, bit_rate, rate = one >> 3 & 3, two >> 4, two >> 2 & 3
    if one & 0xE6 != 0xE2 or version == 1 or bit_rate in (0, 15) or rate == 3:
        return 0
    slots = 144 if version == 3 else 72
    return slots * 1000 * _BIT_RATES[3 if version == 3 else 2][bit_rate] // _rate(version, rate) + (two >> 1 & 1)


def _rate(version: int, index: int) -> int:
    return _RATES[index] >> {3: 0, 2: 1, 0: 2}[version]


def _side_info_end(one: int, mode: int) -> int:
    is_mono = mode >> 6 == 3
    if one >> 3 & 3 == 3:
        return 4 + (17 if is_mono else 32)
    return 4 + (9 if is_mono else 17)


def _claimed(data: bytes, first: int) -> int | None:
    """The number of frames by the file's own head; 0 if it has a head that does not say."""
    start = first + _side_info_end(data[first + 1], data[first + 3])
    head = data[start : start + 12]
    if head[:4] in (b"Xing", b"Info"):
        return int.from_bytes(head[8:12], "big") if head[7:8] and head[7] & 1 else 0
    if data[first + 36 : first + 40] == b"VBRI":
        return int.from_bytes(data[first + 50 : first + 54], "big")
    return None
