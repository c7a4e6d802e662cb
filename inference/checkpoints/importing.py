"""Imports a checkpoint as weights into the animator's own folder."""

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..contract import EmoTalkError
from ..devices import import_torch
from ..registry import NETWORKS, read_spec, recognise, spec_metadata
from .conversion import Converter
from .library import InstalledWeights, file_sha256, find_weights, install, place_for
from .safetensors_file import check_finite, read_metadata, write_safetensors

if TYPE_CHECKING:
    from torch import Tensor

Write = Callable[[Path], None]
"""Writes weights to a file."""


@dataclass(frozen=True)
class ImportedWeights:
    """The result of an import.

    Attributes:
        weights: the installed weights.
        unknown: names in the checkpoint that the network does not use.
    """

    weights: InstalledWeights
    unknown: tuple[str, ...]


def import_weights(checkpoint: str | Path, name: str = "", overwrite: bool = False) -> ImportedWeights:
    """Check a checkpoint and install it as weights, atomically.

    Args:
        checkpoint: a published checkpoint of a network with a converter, which needs PyTorch; or weights that were
            imported on another computer (.safetensors), which are copied.
        name: of the weights; the checkpoint's own name if empty.
        overwrite: replace weights of that name.

    Raises:
        EmoTalkError: the checkpoint cannot be used, or the name is not free.
        OSError: the folder cannot be written to.
    """
    checkpoint = Path(checkpoint)
    name = name or checkpoint.stem
    path = place_for(name, overwrite)  # before the work; ``install`` asks again
    prepare = _prepare_copy if checkpoint.suffix == ".safetensors" else _prepare_conversion
    write, unknown = prepare(checkpoint)
    with tempfile.TemporaryDirectory(prefix=".import.", dir=path.parent, ignore_cleanup_errors=True) as folder:
        finished = Path(folder, path.name)
        write(finished)
        check_finite(finished, checkpoint.name)
        path = install(finished, name, overwrite)
    return ImportedWeights(find_weights(path.stem), unknown)


def licence_notice(checkpoint: str | Path) -> str:
    """The notice to show before a checkpoint is imported; "" if there is none.

    Raises:
        EmoTalkError: it is not a checkpoint of a known network.
    """
    checkpoint = Path(checkpoint)
    if checkpoint.suffix == ".safetensors":
        return read_metadata(checkpoint).get("notice", "")
    _, converter, _ = _recognised(checkpoint)
    return converter.notice


def convert_checkpoint(checkpoint: str | Path, path: Path) -> tuple[str, ...]:
    """Convert a published PyTorch checkpoint to a weights file, atomically.

    Returns:
        Names in the checkpoint that its network does not use.

    Raises:
        EmoTalkError: it is missing, damaged, contains code, or is for no known network.
        OSError: the folder cannot be written to.
    """
    write, unknown = _prepare_conversion(Path(checkpoint))
    write(path)
    return unknown


def _prepare_conversion(checkpoint: Path) -> tuple[Write, tuple[str, ...]]:
    network, converter, state = _recognised(checkpoint)
    conversion = converter.convert(state, checkpoint.name, NETWORKS[network].spec)
    metadata = {
        "model": network,
        "config": json.dumps(conversion.config),
        "licence": converter.licence,
        "notice": converter.notice,
        "source": checkpoint.name,
        "source_sha256": file_sha256(checkpoint),
        **spec_metadata(conversion.spec),
    }
    return lambda path: write_safetensors(path, conversion.arrays, metadata), conversion.unknown


def _recognised(checkpoint: Path) -> "tuple[str, Converter, Mapping[str, Tensor]]":
    """The network of a checkpoint, its converter, and the checkpoint's tensors."""
    import_torch("Reading a checkpoint")
    from .pytorch_state import read_state

    state = read_state(checkpoint)
    name = recognise(state)
    converter = NETWORKS[name].converter if name else None
    if name is None or converter is None:
        known = ", ".join(network.label for network in NETWORKS.values() if network.converter)
        raise EmoTalkError(f"{checkpoint.name} is no checkpoint of a network that is known here: {known}")
    return name, converter, state


def _prepare_copy(source: Path) -> tuple[Write, tuple[str, ...]]:
    _check_copy(source)

    def copy(path: Path) -> None:
        shutil.copyfile(source, path)
        _check_copy(path)  # the source may have changed since

    return copy, ()


def _check_copy(path: Path) -> None:
    metadata = read_metadata(path)
    network = NETWORKS.get(metadata.get("model", ""))
    if network is None:
        raise EmoTalkError(f"{path.name} holds no weights of EmoTalk; choose a checkpoint, or imported weights")
    read_spec(network, metadata)
