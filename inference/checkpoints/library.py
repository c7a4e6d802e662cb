"""The installed weights: those that come with the extension, and those in the animator's own folder.

Every safetensors file in the animator's folder is listed, whether it was imported, downloaded or copied there by hand.
Files are looked up in that list, never by building a path from an id, so an id cannot lead out of the folder.
"""

import contextlib
import functools
import hashlib
import importlib.util
import os
import re
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ...face.atomic_file import publish, replacing
from ...face.claim import claimed
from ..contract import EmoTalkError, ModelSpec
from ..registry import COMPACT_SPEC, NETWORKS, Network, read_spec
from .safetensors_file import WEIGHTS_FOLDER, check_finite, read_metadata
from .unfinished_files import abandoned_parts

FOLDER_VARIABLE: Final = "EMOTALK_WEIGHTS"
"""Environment variable for another folder than the platform's: a studio's shared disk or a render farm."""

HASH_SUFFIX: Final = ".sha256"
"""Suffix of the file beside imported weights with their SHA-256, in the format of ``sha256sum``."""

_SUFFIX: Final = ".safetensors"
_LOCK: Final = ".lock"
_PATIENCE_SECONDS: Final = 30.0
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}(?<![ .])")
_WINDOWS_DEVICES: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


@dataclass(frozen=True)
class InstalledWeights:
    """One weights file.

    Attributes:
        model_id: its name without the suffix; the argument of ``registry.load_model``.
        network: the network it belongs to (``NETWORKS``); "" if the file does not say.
        label: its name for people.
        spec: its inputs and outputs; the built-in model's if the file cannot be used.
        path: of the file.
        bytes: its size.
        licence: as the file states it; "" if it does not.
        notice: the sentence to show with the licence; "" if there is none.
        needs_torch: whether it runs in PyTorch.
        hears: whether it is a model for a line, and not only a part that others are trained with.
        source_sha256: SHA-256 of the checkpoint that it was made from; "" if unknown.
        is_bundled: whether it came with the extension.
        damage: a sentence that says why it cannot be used; "" if it can.
    """

    model_id: str
    network: str
    label: str
    spec: ModelSpec
    path: Path
    bytes: int
    licence: str
    notice: str
    needs_torch: bool
    hears: bool
    source_sha256: str
    is_bundled: bool
    damage: str

    @property
    def hash_path(self) -> Path:
        """The file with the SHA-256 that was stored at import."""
        return self.path.with_suffix(HASH_SUFFIX)

    @property
    def picture_path(self) -> Path:
        """A picture of the emotions that it learnt, if somebody had it drawn."""
        return self.path.with_suffix(".png")


def user_weights_folder() -> Path:
    """The animator's own folder, which may not exist yet."""
    if chosen := os.environ.get(FOLDER_VARIABLE):
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        data = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        data = Path.home() / "Library" / "Application Support"
    else:
        data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return data / "emotalk" / "weights"


def installed_weights() -> tuple[InstalledWeights, ...]:
    """All weights, bundled ones first. A file that cannot be used is listed with its damage; nothing is raised."""
    bundled = tuple(_look_at(path, is_bundled=True) for path in _files(WEIGHTS_FOLDER))
    taken = {weights.model_id.casefold() for weights in bundled}
    own = (path for path in _files(user_weights_folder()) if path.stem.casefold() not in taken)
    return (*bundled, *(_look_at(path, is_bundled=False) for path in own))


def find_weights(model_id: str) -> InstalledWeights:
    """The weights of an id, damaged or not. Raises EmoTalkError if there are none."""
    installed = installed_weights()
    for weights in installed:
        if weights.model_id == model_id:
            return weights
    names = ", ".join(weights.model_id for weights in installed)
    raise EmoTalkError(f"There is no model named {model_id!r}; there are: {names}")


def place_for(name: str, overwrite: bool = False) -> Path:
    """The path for weights of a new name; the folder is created.

    Raises:
        EmoTalkError: the name is not a valid file name, is a bundled model's, or exists and ``overwrite`` is off.
        OSError: the folder cannot be created.
    """
    if not _NAME.fullmatch(name) or _WINDOWS_DEVICES.fullmatch(name):
        raise EmoTalkError(
            f"Weights cannot be named {name!r}; use up to 64 letters, digits, spaces, dots, dashes and underscores"
        )
    for weights in installed_weights():
        if weights.model_id.casefold() != name.casefold():
            continue
        if weights.is_bundled:
            raise EmoTalkError(f"{weights.model_id} is the name of a built-in model; choose another one")
        if not overwrite:
            raise EmoTalkError(f"There are weights named {weights.model_id} already; --overwrite replaces them")
        return weights.path
    folder = user_weights_folder()
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}{_SUFFIX}"


def install(finished: Path, name: str, overwrite: bool = False) -> Path:
    """Move a finished weights file to its place, together with its SHA-256 for ``verify_weights``.

    Of several programs that install weights of one name without ``overwrite`` at the same time, exactly one succeeds;
    with it, the file and its hash are those of the last one.

    Args:
        finished: the file, in a folder on the same disk.
        name: of the weights.
        overwrite: replace weights of that name.

    Raises:
        EmoTalkError: as ``place_for``, or another program does not end its own installation.
        OSError: the folder cannot be written to.
    """
    digest = file_sha256(finished)
    with _changing():
        path = place_for(name, overwrite)
        # Remove the old file's hash first: it must not remain beside new weights after an interruption.
        path.with_suffix(HASH_SUFFIX).unlink(missing_ok=True)
        publish(finished, path, overwrite=overwrite)
        with replacing(path.with_suffix(HASH_SUFFIX)) as part:
            part.write_text(f"{digest}  {path.name}\n", encoding="utf-8")
    return path


def verify_weights(model_id: str) -> bool:
    """Read every byte of a weights file and check that it is unchanged since its import.

    Returns:
        Whether there was a stored SHA-256 to compare with; without one, the check is only that the file is complete
        and its values are finite.

    Raises:
        EmoTalkError: it is damaged, or was changed since its import.
    """
    weights = find_weights(model_id)
    if weights.damage:
        raise EmoTalkError(weights.damage)
    noted = _noted_hash(weights.hash_path)
    if noted and noted != file_sha256(weights.path):
        raise EmoTalkError(f"The weights {model_id} are not what was imported (SHA-256 differs); import them again")
    check_weights_file(weights.path)
    return bool(noted)


def check_weights_file(path: Path) -> None:
    """Check that a weights file is complete, that its values are finite, and that its network can be loaded.

    Without PyTorch, a network that needs it is not loaded.

    Raises:
        EmoTalkError: it is damaged.
    """
    metadata = read_metadata(path)
    network = network_of(path, metadata)
    spec = read_spec(network, metadata)
    if not network.needs_torch or importlib.util.find_spec("torch") is not None:
        if network.check is None:
            network.load(path, spec, "cpu", "float32", False)
        else:
            network.check(path)
    check_finite(path, path.name)


def network_of(path: Path, metadata: Mapping[str, str]) -> Network:
    """The network that a weights file's header names. Raises EmoTalkError if it is none of ours."""
    network = NETWORKS.get(metadata.get("model", ""))
    if network is None:
        raise EmoTalkError(f"{path.name} holds no weights of EmoTalk; choose a checkpoint, or imported weights")
    return network


@dataclass(frozen=True)
class Leftover:
    """What an import that was killed left in the animator's folder.

    Attributes:
        path: of the file.
        bytes: its size.
    """

    path: Path
    bytes: int


def leftovers() -> tuple[Leftover, ...]:
    """Unfinished files in the animator's folder whose writer is dead, by name."""
    return tuple(Leftover(path, _size(path)) for path in abandoned_parts(user_weights_folder()))


def remove_leftovers() -> tuple[Leftover, ...]:
    """Delete what interrupted imports left, and give what was deleted. A file that cannot be deleted stays."""
    removed = []
    for leftover in leftovers():
        with contextlib.suppress(OSError):
            leftover.path.unlink()
            removed.append(leftover)
    return tuple(removed)


def remove_weights(model_id: str) -> None:
    """Delete imported weights.

    Raises:
        EmoTalkError: there are none with this id, or they came with the extension.
        OSError: the file cannot be deleted.
    """
    weights = find_weights(model_id)
    if weights.is_bundled:
        raise EmoTalkError(f"{model_id} came with EmoTalk and stays; only weights of your own can be removed")
    with _changing():
        weights.path.unlink(missing_ok=True)
        weights.hash_path.unlink(missing_ok=True)
        weights.picture_path.unlink(missing_ok=True)


def file_sha256(path: Path) -> str:
    """SHA-256 of a file as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def weights_hash(weights: InstalledWeights) -> str:
    """The SHA-256 of weights, as noted when they were imported, with size and date; computed once if it was not noted.

    Raises:
        OSError: the file cannot be read.
    """
    return file_hash(weights.path, _noted_hash(weights.hash_path))


def file_hash(path: Path, noted: str = "") -> str:
    """The SHA-256 of a file with its size and date; computed once if it was not noted. Raises OSError."""
    status = path.stat()
    digest = noted or _computed_hash(path, status.st_size, status.st_mtime_ns)
    return f"{digest} {status.st_size} {status.st_mtime_ns}"


@functools.cache
def _computed_hash(path: Path, _size: int, _changed: int) -> str:
    return file_sha256(path)


def _changing() -> AbstractContextManager[None]:
    """Lock the animator's own weights for the moment of a change; waits for others."""
    return claimed(user_weights_folder() / _LOCK, "these weights", _PATIENCE_SECONDS)


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == _SUFFIX and path.is_file())
    except OSError:  # no folder, or no permission: nothing is installed there
        return []


def _look_at(path: Path, is_bundled: bool) -> InstalledWeights:
    metadata: dict[str, str] = {}
    spec, damage = COMPACT_SPEC, ""
    network = None
    try:
        metadata = read_metadata(path)
        network = NETWORKS.get(metadata.get("model", ""))
        if network is None:
            damage = f"The weights in {path.name} are for a network that this version of EmoTalk lacks; update EmoTalk"
        else:
            spec = read_spec(network, metadata)
    except EmoTalkError as error:
        damage = str(error)
    label = path.stem
    if network is not None:
        kind = f"{network.label}: {metadata['actor']}" if metadata.get("actor") else network.label
        label = kind if is_bundled or metadata.get("actor") == path.stem else _label(path.stem, kind)
    return InstalledWeights(
        model_id=path.stem,
        network=metadata.get("model", ""),
        label=label,
        spec=spec,
        path=path,
        bytes=_size(path),
        licence=metadata.get("licence", ""),
        notice=metadata.get("notice", ""),
        needs_torch=network is not None and network.needs_torch,
        hears=network is None or network.hears,
        source_sha256=metadata.get("source_sha256", ""),
        is_bundled=is_bundled,
        damage=damage,
    )


def _label(name: str, network: str) -> str:
    return name if name.casefold() == network.casefold() else f"{name} ({network})"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # it was deleted after the folder was read
        return 0


def _noted_hash(path: Path) -> str:
    try:
        words = path.read_text("utf-8").split()
    except (OSError, UnicodeDecodeError):
        return ""
    return words[0] if words else ""
