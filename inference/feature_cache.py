"""Features on disk: a line that was encoded once is not encoded again when its scene is opened the next day.

A file is found by the hash of the sound and of everything that encoded it. Its content is hashed too: what was damaged,
cut off or changed counts as absent, and the line is encoded again. Nothing here is ever an error of a performance.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ..face.errors import EmoTalkError
from .checkpoints.safetensors_file import read_safetensors, write_safetensors
from .checkpoints.unfinished_files import abandoned_parts
from .contract import Features

_SUFFIX: Final = ".safetensors"
_PREFIX: Final = "features-"
"""Whatever else is in the folder is nobody's to remove."""


@dataclass(frozen=True)
class FeatureCache:
    """A folder of features. Several programs may use it at once.

    Attributes:
        folder: made when something is stored.
        limit: bytes that it may take; what was not used for longest goes first. 0 switches it off.
    """

    folder: Path
    limit: int

    def load(self, key: str) -> Features | None:
        """The features of a key (see ``key_of``); None if there are none that can be trusted."""
        if not self.limit:
            return None
        path = self._path(key)
        try:
            arrays, metadata = read_safetensors(path)
            features = _features(arrays, metadata, key)
        except (EmoTalkError, OSError, ValueError, KeyError, MemoryError):
            return None
        with contextlib.suppress(OSError):
            os.utime(path)  # it was used now, and goes last
        return features

    def store(self, key: str, features: Features) -> None:
        """Keep features, unless they alone exceed the limit; a full or read-only disk is nobody's trouble."""
        if _bytes(features.arrays) > self.limit or not self.limit:
            return
        metadata = {
            "key": key,
            "model": features.model,
            "frames": str(features.frames),
            "voice": json.dumps(features.voice),
        }
        metadata["digest"] = _digest(features.arrays, metadata)
        with contextlib.suppress(OSError, ValueError, EmoTalkError):
            self.folder.mkdir(parents=True, exist_ok=True)
            write_safetensors(self._path(key), features.arrays, metadata)
            self._make_room()

    def size(self) -> int:
        """Bytes that the features take now."""
        return sum(size for _, size, _ in self._files())

    def clear(self) -> int:
        """Remove all features. Returns the bytes that were freed."""
        return sum(size for _, size, path in self._files() if _is_removed(path))

    def _path(self, key: str) -> Path:
        return self.folder / f"{_PREFIX}{key}{_SUFFIX}"

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        """When each file was used last, its size, and its path."""
        try:
            entries = list(os.scandir(self.folder))
        except OSError:
            return
        for entry in entries:
            with contextlib.suppress(OSError):
                if entry.name.startswith(_PREFIX) and entry.name.endswith(_SUFFIX) and entry.is_file():
                    status = entry.stat()
                    yield status.st_mtime, status.st_size, Path(entry.path)

    def _make_room(self) -> None:
        for part in abandoned_parts(self.folder):
            _is_removed(part)
        files = sorted(self._files())
        excess = sum(size for _, size, _ in files) - self.limit
        for _, size, path in files:
            if excess <= 0:
                return
            _is_removed(path)
            excess -= size


def key_of(model: str, sound: bytes) -> str:
    """The key of a line's features.

    Args:
        model: everything that decides how a sound is encoded; see ``loading.identity_of``.
        sound: the hash of the samples.
    """
    return hashlib.blake2b(model.encode() + b"\0" + sound, digest_size=20).hexdigest()


def _features(arrays: dict[str, np.ndarray], metadata: Mapping[str, str], key: str) -> Features:
    described = {name: text for name, text in metadata.items() if name != "digest"}
    if metadata["key"] != key or metadata["digest"] != _digest(arrays, described):
        raise ValueError("these are other features")
    if not all(array.dtype == np.float32 and np.isfinite(array).all() for array in arrays.values()):
        raise ValueError("features are finite float32 numbers")
    voice = json.loads(metadata["voice"])
    return Features(metadata["model"], int(metadata["frames"]), arrays, None if voice is None else float(voice))


def _digest(arrays: Mapping[str, np.ndarray], described: Mapping[str, str]) -> str:
    state = hashlib.blake2b(json.dumps(described, sort_keys=True).encode(), digest_size=16)
    for name in sorted(arrays):
        state.update(f"{name} {arrays[name].dtype.str} {arrays[name].shape} ".encode())
        state.update(np.ascontiguousarray(arrays[name]).data)
    return state.hexdigest()


def _bytes(arrays: Mapping[str, np.ndarray]) -> int:
    return sum(array.nbytes for array in arrays.values())


def _is_removed(path: Path) -> bool:
    try:
        path.unlink()
    except OSError:
        return False
    return True
