"""The user's own FLAME file: read once, then kept as an .npz file that holds nothing but arrays."""

import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any, Final

import numpy as np

from .model import FlameError, FlameModel, load_model, model_from, save_model
from .unpickling import read_arrays
from .variants import recognise

LARGEST_FILE: Final = 200 << 20
"""Bytes; the releases have about 53 MB."""
_LARGEST_UNPACKED: Final = 400 << 20


def import_model(path: Path, folder: Path) -> tuple[FlameModel, Path]:
    """Read FLAME's file, or take what was made of it before.

    Args:
        path: the user's .pkl or .npz file.
        folder: where converted models are kept, by the hash of the file; made if it is not there.

    Returns:
        The model, and its .npz file.

    Raises:
        EmoTalkError: the file is no FLAME model; nothing in it was run and nothing was written.
        OSError: a file cannot be read or written.
    """
    data = _bytes_of(path)
    digest = hashlib.sha256(data).hexdigest()
    converted = folder / f"flame-{digest[:16]}.npz"
    if converted.is_file():
        try:
            model = load_model(converted)
        except FlameError:
            model = None
        if model is not None and model.sha256 == digest:
            return model, converted
    model = read_model(data, path.name, digest)
    folder.mkdir(parents=True, exist_ok=True)
    save_model(model, converted)
    return load_model(converted), converted


def read_file(path: Path) -> FlameModel:
    """The model in the user's file; nothing is kept.

    Raises:
        EmoTalkError: the file is no FLAME model; nothing in it was run.
        OSError: it cannot be read.
    """
    data = _bytes_of(path)
    return read_model(data, path.name, hashlib.sha256(data).hexdigest())


def read_model(data: bytes, name: str, digest: str) -> FlameModel:
    """The model in a file's bytes.

    Args:
        data: a pickle or an .npz file.
        name: of the file.
        digest: its SHA-256.

    Raises:
        EmoTalkError: it is no FLAME model.
    """
    is_zip = data.startswith(b"PK\x03\x04")
    arrays = _unpacked(data) if is_zip else read_arrays(data)
    has_chumpy = not is_zip and b"chumpy" in data
    return model_from(arrays, recognise(digest, arrays.keys(), name, has_chumpy), digest)


def _bytes_of(path: Path) -> bytes:
    if not path.is_file():
        raise FlameError(f"There is no file {path.name}; choose FLAME's model file (.pkl or .npz)")
    if path.stat().st_size > LARGEST_FILE:
        raise FlameError(f"{path.name} has more than {LARGEST_FILE >> 20} MB, which no FLAME file has; choose another")
    return path.read_bytes()


def _unpacked(data: bytes) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _LARGEST_UNPACKED:
                raise FlameError("The file unpacks to more than any FLAME file; choose another")
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            return {name: file[name] for name in file.files if not name.endswith("metadata")}
    except FlameError:
        raise
    except Exception:  # zip files and array headers can be damaged in many ways
        raise FlameError("The .npz file is damaged or holds more than arrays; choose FLAME's own file") from None
