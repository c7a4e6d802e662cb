"""Network weights as safetensors files, read and written with NumPy alone.

The format: eight bytes with the length of a JSON header (little-endian), the header, then the arrays' bytes without
gaps. It contains no executable code, and every number in the header is checked before it is used.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from ...face.atomic_file import replacing
from ..contract import EmoTalkError
from .unfinished_files import hold

WEIGHTS_FOLDER: Final = Path(__file__).resolve().parents[2] / "weights"
"""The folder of the weights that come with the extension."""

PARTS_FOLDER: Final = WEIGHTS_FOLDER / "parts"
"""What stands beside a bundled model's weights and is no model itself."""

_DTYPES: Final[dict[str, str]] = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "|i1",
    "U64": "<u8",
    "U32": "<u4",
    "U16": "<u2",
    "U8": "|u1",
    "BOOL": "|b1",
}
_NAMES: Final = {np.dtype(code): name for name, code in _DTYPES.items()}
_METADATA: Final = "__metadata__"
_LENGTH_BYTES: Final = 8
_ALIGNMENT: Final = 8
_LARGEST_HEADER: Final = 4 * 1024 * 1024
_MOST_ARRAYS: Final = 10_000
"""Both several times what the largest network here needs: EmoTalk has under 1,500 arrays."""
_MOST_DIMENSIONS: Final = 16
_VALUES_AT_ONCE: Final = 4_000_000


class _DamageError(Exception):
    """A damaged file; the message is the second half of a sentence."""


def bundled_weights(model_id: str) -> Path:
    """The file of a model's bundled weights.

    Raises:
        EmoTalkError: there are no weights of this name.
    """
    path = WEIGHTS_FOLDER / f"{model_id}.safetensors"
    if not path.is_file():
        raise EmoTalkError(f"The weights of {model_id} are missing ({path}); install EmoTalk again")
    return path


def read_safetensors(
    path: str | Path, *, as_float32: bool = False, mapped: bool = False
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The arrays and the metadata of a safetensors file.

    Args:
        path: the file.
        as_float32: give half-precision arrays as float32.
        mapped: memory-map the arrays, copy on write, which takes no time and no memory at first; changes never reach
            the file. BF16 arrays are read into memory.

    Returns:
        Arrays by name, in the order of the file, and the metadata.

    Raises:
        EmoTalkError: the file is missing, truncated, not a safetensors file, or has an invalid header.
    """
    path = Path(path)
    with _readable(path) as (file, size):
        entries, metadata, start = _read_table(file, size)
        if mapped and size > start:
            file_bytes = np.asarray(np.memmap(path, np.uint8, mode="c"))
            return {entry.name: entry.view(file_bytes[start:], as_float32) for entry in entries}, metadata
        return {entry.name: entry.read(file, start, as_float32) for entry in entries}, metadata


def read_metadata(path: str | Path) -> dict[str, str]:
    """The metadata of a safetensors file, without its arrays. Raises EmoTalkError like ``read_safetensors``."""
    with _readable(Path(path)) as (file, size):
        return _read_table(file, size)[1]


def check_finite(path: str | Path, name: str) -> None:
    """Check that every value of a safetensors file is a number.

    Args:
        path: the file.
        name: what it is called in the message.

    Raises:
        EmoTalkError: it holds NaN or infinity; or as ``read_safetensors``.
    """
    for place, array in read_safetensors(path, mapped=True)[0].items():
        if array.dtype.kind == "f" and not all(np.isfinite(part).all() for part in _parts(array)):
            raise EmoTalkError(f"The weights {name} hold values in {place!r} that are not numbers; get them again")


def _parts(array: np.ndarray) -> Iterator[np.ndarray]:
    """An array in parts, so that checking gigabytes takes little memory."""
    flat = array.reshape(-1)
    return (flat[start : start + _VALUES_AT_ONCE] for start in range(0, len(flat), _VALUES_AT_ONCE))


@contextmanager
def _readable(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """An open file and its size; turns errors into sentences."""
    try:
        with path.open("rb") as file:
            yield file, os.fstat(file.fileno()).st_size
    except _DamageError as damage:
        raise EmoTalkError(f"The weights file {path.name} {damage}; download or install it again") from None
    except FileNotFoundError:
        raise EmoTalkError(f"The weights file {path} does not exist") from None
    except OSError as error:
        raise EmoTalkError(f"The weights file {path} cannot be read: {error.strerror or error}") from error


def write_safetensors(
    path: str | Path, arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str] | None = None
) -> None:
    """Write arrays as a safetensors file, atomically; the same arrays give the same bytes.

    Raises:
        ValueError: an array has a type that the format does not support.
        OSError: the folder cannot be written to.
    """
    header: dict[str, Any] = {_METADATA: dict(sorted(metadata.items()))} if metadata else {}
    # Widest types first, so that every array starts at a multiple of its item size.
    ordered = sorted(arrays.items(), key=lambda pair: (-pair[1].dtype.itemsize, pair[0]))
    position = 0
    for name, array in ordered:
        dtype = array.dtype.newbyteorder("<")
        if dtype not in _NAMES:
            raise ValueError(f"{name} has the type {array.dtype}, which safetensors does not support")
        header[name] = {
            "dtype": _NAMES[dtype],
            "shape": list(array.shape),
            "data_offsets": [position, position + array.nbytes],
        }
        position += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    with replacing(Path(path)) as part, part.open("wb") as file:
        hold(file)
        file.write(len(text).to_bytes(_LENGTH_BYTES, "little") + text)
        for _, array in ordered:
            file.write(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes())


class _Entry:
    """One array as the header describes it, checked."""

    def __init__(self, name: str, fields: Any, size: int) -> None:
        if not isinstance(fields, dict) or set(fields) != {"dtype", "shape", "data_offsets"}:
            raise _DamageError(f"does not describe {name!r} as safetensors does")
        self.name = name
        self.dtype_name = fields["dtype"]
        if not isinstance(self.dtype_name, str) or self.dtype_name not in (*_DTYPES, "BF16"):
            raise _DamageError(f"holds {name!r} in the type {self.dtype_name!r}, which is not read here")
        self.shape = _whole_numbers(fields["shape"], f"shape of {name!r}")
        offsets = _whole_numbers(fields["data_offsets"], f"place of {name!r}")
        if len(self.shape) > _MOST_DIMENSIONS or len(offsets) != 2:
            raise _DamageError(f"does not describe {name!r} as safetensors does")
        self.begin, self.end = offsets
        if not self.begin <= self.end <= size:
            raise _DamageError(f"is cut off: {name!r} should end at byte {self.end}, but there are {size}")
        self.dtype = np.dtype(_DTYPES.get(self.dtype_name, "<u2"))
        if prod(self.shape) * self.dtype.itemsize != self.end - self.begin:
            raise _DamageError(f"gives {name!r} {self.end - self.begin} bytes, which do not fit its shape")

    def place(self) -> tuple[int, int]:
        return self.begin, self.end

    def read(self, file: BinaryIO, start: int, as_float32: bool) -> np.ndarray:
        file.seek(start + self.begin)
        return self._shaped(np.fromfile(file, self.dtype, prod(self.shape)), as_float32)

    def view(self, data: np.ndarray, as_float32: bool) -> np.ndarray:
        return self._shaped(data[self.begin : self.end].view(self.dtype), as_float32)

    def _shaped(self, array: np.ndarray, as_float32: bool) -> np.ndarray:
        try:
            array = array.reshape(self.shape)
        except (ValueError, OverflowError):
            # Truncated while it was read, or an empty array with impossible dimensions.
            raise _DamageError(f"does not hold the array {self.name!r} that it promises") from None
        if self.dtype_name == "BF16":
            return (array.astype(np.uint32) << 16).view(np.float32)
        if as_float32 and self.dtype_name == "F16":
            return array.astype(np.float32)
        return array


def _read_table(file: BinaryIO, size: int) -> tuple[list[_Entry], dict[str, str], int]:
    """The arrays in their order, the metadata, and the position of the first array's first byte."""
    header, start = _read_header(file, size)
    metadata = _metadata_of(header)
    if len(header) > _MOST_ARRAYS:
        raise _DamageError(f"names {len(header):,} arrays, where no network has more than {_MOST_ARRAYS:,}")
    entries = sorted((_Entry(name, fields, size - start) for name, fields in header.items()), key=_Entry.place)
    _check_coverage(entries, size - start)
    return entries, metadata, start


def _read_header(file: BinaryIO, size: int) -> tuple[dict[str, Any], int]:
    """The header and the position of the first array's first byte."""
    if size < _LENGTH_BYTES:
        raise _DamageError("is empty" if size == 0 else "is cut off")
    length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
    if length > _LARGEST_HEADER:
        raise _DamageError("is not a safetensors file")
    if _LENGTH_BYTES + length > size:
        raise _DamageError("is cut off in its header")
    try:
        header = json.loads(file.read(length).decode(), object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError, MemoryError):
        raise _DamageError("has an unreadable header") from None
    if not isinstance(header, dict):
        raise _DamageError("has an unreadable header")
    return header, _LENGTH_BYTES + length


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) != len({name for name, _ in pairs}):
        raise ValueError("a name occurs twice")
    return dict(pairs)


def _metadata_of(header: dict[str, Any]) -> dict[str, str]:
    """Removes the metadata from the header."""
    metadata = header.pop(_METADATA, None) or {}
    if not isinstance(metadata, dict) or not all(isinstance(text, str) for text in metadata.values()):
        raise _DamageError("has unreadable metadata")
    return metadata


def _whole_numbers(values: Any, what: str) -> tuple[int, ...]:
    if not isinstance(values, list) or not all(type(value) is int and value >= 0 for value in values):
        raise _DamageError(f"has an unreadable {what}")
    return tuple(values)


def _check_coverage(entries: list[_Entry], size: int) -> None:
    """Check that every byte belongs to exactly one array: no overlaps, no hidden data."""
    position = 0
    for entry in entries:
        if entry.begin != position:
            raise _DamageError(f"has arrays that overlap or leave a gap at {entry.name!r}")
        position = entry.end
    if position != size:
        raise _DamageError(f"has {size - position} bytes that belong to no array")
