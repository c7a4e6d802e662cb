"""What a file is, by its first bytes, and whether a PyTorch archive may be opened: looked at before it is read."""

import zipfile
from collections import Counter
from pathlib import Path
from typing import Final, Literal

from ..contract import EmoTalkError

Kind = Literal["archive", "pickle", "safetensors"]
"""archive: what ``torch.save`` writes since PyTorch 1.6, a zip; pickle: what it wrote before."""

LARGEST_TABLE: Final = 64 * 1024**2
"""Bytes; the greatest size of what an archive holds beside the numbers."""

_MOST_RECORDS: Final = 100_000
_LARGEST_SAFETENSORS_HEADER: Final = 100_000_000
_HEAD: Final = 512
_TAR_MARK: Final = slice(257, 262)
_OTHERS: Final = (
    (b"\x1f\x8b", "a gzip archive; unpack it and choose the checkpoint inside"),
    (b"BZh", "a bzip2 archive; unpack it and choose the checkpoint inside"),
    (b"\xfd7zXZ\x00", "an xz archive; unpack it and choose the checkpoint inside"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it and choose the checkpoint inside"),
    (b"Rar!", "a rar archive; unpack it and choose the checkpoint inside"),
    (b"(\xb5/\xfd", "a zstd archive; unpack it and choose the checkpoint inside"),
    (b"\x89HDF", "an HDF5 file, which PyTorch does not write; choose the .pth file of the network"),
    (b"\x93NUMPY", "a NumPy array; choose the .pth file of the network"),
    (b"GGUF", "a GGUF file; choose the .pth file of the network"),
    (b"RIFF", "a sound or a film; choose the .pth file of the network"),
    (b"%PDF", "a PDF document; choose the .pth file of the network"),
    (b"version https://git-lfs", "only a pointer of Git LFS to the file; fetch the file itself with: git lfs pull"),
)
_WEB_PAGES: Final = (b"<!doctype", b"<html", b"<head", b"<?xml", b"<!--")


def kind_of(path: Path) -> Kind:
    """What a checkpoint is, by its first bytes; its suffix does not count.

    Raises:
        EmoTalkError: it does not exist, cannot be read, or is something else; the sentence says what.
    """
    if path.is_dir():
        raise EmoTalkError(f"{path} is a folder; choose the checkpoint inside, a file such as EmoTalk.pth")
    if not path.exists():
        raise EmoTalkError(f"There is no file {path}; choose the released EmoTalk.pth, or your own training of it")
    if not path.is_file():
        raise EmoTalkError(f"{path} is a device or a pipe; choose a file such as EmoTalk.pth")
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
        size = path.stat().st_size
    except OSError as error:
        raise EmoTalkError(f"{path} cannot be read: {error.strerror or error}") from None
    return _kind_of(head, size, path.name)


def check_archive(path: Path) -> Counter[int]:
    """Look into the directory of a PyTorch archive: what stands there must be what the file holds.

    PyTorch stores its records as they are. So no record may be compressed (a small file could then unpack to a size
    that no memory has), and together they cannot be larger than the file.

    Returns:
        How many records of numbers there are of each size in bytes.

    Raises:
        EmoTalkError: it is damaged, or no archive of PyTorch.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            records, comment = archive.infolist(), archive.comment
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError):
        raise EmoTalkError(
            f"{path.name} is damaged: the end of the file is missing or changed; copy it again"
        ) from None
    names = [record.filename for record in records]
    if not any(name.endswith("/data.pkl") or name == "data.pkl" for name in names):
        raise EmoTalkError(
            f"{path.name} is a zip archive without a checkpoint of PyTorch; unpack it and choose the .pth file inside"
        )
    if any(name.endswith("/constants.pkl") or "/code/" in name for name in names):
        raise EmoTalkError(
            f"{path.name} is a compiled network (TorchScript) with code in it and was not opened; save its weights "
            "alone: torch.save(network.state_dict(), 'EmoTalk.pth')"
        )
    if any(record.compress_type != zipfile.ZIP_STORED for record in records):
        raise EmoTalkError(
            f"{path.name} is a compressed archive, which PyTorch never writes, and was not unpacked; choose the file "
            "that torch.save wrote"
        )
    tables = sum(record.file_size for record in records if "/data/" not in record.filename)
    everything = sum(record.file_size for record in records)
    if (
        len(set(names)) < len(names)
        or len(names) > _MOST_RECORDS
        or comment
        or tables > LARGEST_TABLE
        or everything > path.stat().st_size
    ):
        raise EmoTalkError(f"{path.name} is damaged: its directory does not fit its contents; copy it again")
    return Counter(record.file_size for record in records if "/data/" in record.filename)


def _kind_of(head: bytes, size: int, name: str) -> Kind:
    if not head:
        raise EmoTalkError(f"{name} is empty; copy or download it again")
    if head.startswith(b"PK\x03\x04"):
        return "archive"
    if _is_safetensors(head, size):
        return "safetensors"
    if head[:1] == b"\x80" and head[1:2] <= b"\x05":
        return "pickle"
    for mark, what in _OTHERS:
        if head.startswith(mark):
            raise EmoTalkError(f"{name} is {what}")
    if head[_TAR_MARK] == b"ustar":
        raise EmoTalkError(f"{name} is a tar archive; unpack it and choose the checkpoint inside")
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_WEB_PAGES):
        raise EmoTalkError(f"{name} is a web page, not the file behind it; download the file in a browser")
    if not head.strip(b"\0"):
        raise EmoTalkError(f"{name} begins with nothing but zeros: it was not copied to its end; copy it again")
    raise EmoTalkError(f"{name} is no checkpoint of PyTorch and no safetensors file; choose the released EmoTalk.pth")


def _is_safetensors(head: bytes, size: int) -> bool:
    """Eight bytes with the length of a header, which begins with a brace."""
    length = int.from_bytes(head[:8], "little")
    return head[8:9] == b"{" and 2 <= length <= min(_LARGEST_SAFETENSORS_HEADER, size)
