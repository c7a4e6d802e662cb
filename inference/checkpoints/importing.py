"""From a checkpoint to weights in the animator's own folder."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...face.atomic_file import replacing
from ..contract import EmoTalkError
from ..devices import import_torch
from ..registry import NETWORKS
from .library import HASH_SUFFIX, InstalledWeights, find_weights, note_hash, place_for
from .safetensors_file import read_metadata

Write = Callable[[Path], None]
"""Writes weights to a file, whole or not at all."""


@dataclass(frozen=True)
class ImportedWeights:
    """What became of a checkpoint.

    Attributes:
        weights: as they are installed now.
        unknown: names in the checkpoint that the network has no use for.
    """

    weights: InstalledWeights
    unknown: tuple[str, ...]


def import_weights(checkpoint: str | Path, name: str = "", overwrite: bool = False) -> ImportedWeights:
    """Check a checkpoint and install it as weights, whole or not at all.

    Args:
        checkpoint: a file in the format of the released EmoTalk.pth, which takes PyTorch to read; or weights that
            were imported elsewhere (.safetensors), which are copied.
        name: what to call the weights; the checkpoint's own name if empty.
        overwrite: replace weights of that name.

    Raises:
        EmoTalkError: the checkpoint cannot be used, or the name is not free.
        OSError: the folder cannot be written to.
    """
    checkpoint = Path(checkpoint)
    path = place_for(name or checkpoint.stem, overwrite)
    prepare = _prepare_copy if checkpoint.suffix == ".safetensors" else _prepare_conversion
    write, unknown = prepare(checkpoint)
    # The old file's hash must not outlive it, whatever happens in between.
    path.with_suffix(HASH_SUFFIX).unlink(missing_ok=True)
    write(path)
    note_hash(path)
    return ImportedWeights(find_weights(path.stem), unknown)


def licence_notice(checkpoint: str | Path) -> str:
    """The sentence to show before a checkpoint is imported; "" where there is none."""
    checkpoint = Path(checkpoint)
    if checkpoint.suffix == ".safetensors":
        return read_metadata(checkpoint).get("notice", "")
    import_torch("Reading a checkpoint")
    from .emotalk_converter import NOTICE

    return NOTICE


def _prepare_conversion(checkpoint: Path) -> tuple[Write, tuple[str, ...]]:
    import_torch("Reading a checkpoint")
    from .emotalk_converter import read_checkpoint, write_weights

    imported = read_checkpoint(checkpoint)
    return lambda path: write_weights(imported, path, checkpoint.name), imported.unknown


def _prepare_copy(source: Path) -> tuple[Write, tuple[str, ...]]:
    if read_metadata(source).get("model") not in NETWORKS:
        raise EmoTalkError(f"{source.name} holds no weights of EmoTalk; choose a checkpoint, or imported weights")

    def copy(path: Path) -> None:
        with replacing(path) as part:
            shutil.copyfile(source, part)

    return copy, ()
