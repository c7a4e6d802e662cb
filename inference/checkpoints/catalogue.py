"""Weights that others publish: their address, licence and hash."""

import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import urlsplit

from ..contract import EmoTalkError
from .downloads import LARGEST, ByteProgress, download
from .library import file_sha256, user_weights_folder
from .safetensors_file import WEIGHTS_FOLDER

CATALOGUE_FILE: Final = WEIGHTS_FOLDER / "catalogue.json"


@dataclass(frozen=True)
class CatalogueEntry:
    """One published file.

    Attributes:
        name: identifier.
        architecture: "emotalk" for weights of a whole network, "wav2vec2" for encoders that training starts from.
        licence: of the file.
        page: the web page about it, for people.
        url: the file itself; None if there is no direct address.
        bytes: its size; None if unknown.
        sha256: as its publisher states it; None if unknown.
        sentence: what it is, and what to do if it cannot be downloaded.
    """

    name: str
    architecture: str
    licence: str
    page: str
    url: str | None
    bytes: int | None
    sha256: str | None
    sentence: str


def catalogue() -> tuple[CatalogueEntry, ...]:
    """All entries."""
    return tuple(CatalogueEntry(**fields) for fields in json.loads(CATALOGUE_FILE.read_text("utf-8")))


def find_entry(name: str) -> CatalogueEntry:
    """The entry of a name. Raises EmoTalkError if there is none."""
    entries = {entry.name: entry for entry in catalogue()}
    if name not in entries:
        raise EmoTalkError(f"The catalogue has no {name!r}; it has: {', '.join(entries)}")
    return entries[name]


def fetch(entry: CatalogueEntry, sha256: str | None = None, progress: ByteProgress | None = None) -> Path:
    """Download an entry's file into the folder ``downloads`` of the animator's weights, unless it is there.

    Args:
        entry: one with an address.
        sha256: compared instead of the catalogue's hash. If neither is known, the file is not verified.
        progress: see ``downloads``; an exception from it cancels the download.

    Returns:
        Where the file is.

    Raises:
        EmoTalkError: it has no address, or the download fails; the message says what to do.
        OSError: the folder cannot be written to.
    """
    if entry.url is None:
        raise EmoTalkError(f"{entry.name} cannot be downloaded from here. {entry.sentence} (see {entry.page})")
    expected = sha256 or entry.sha256
    target = user_weights_folder() / "downloads" / entry.name / PurePosixPath(urlsplit(entry.url).path).name
    if not (expected and target.is_file() and file_sha256(target) == expected.lower()):
        download(entry.url, target, expected, progress, entry.bytes or LARGEST)
    return target
