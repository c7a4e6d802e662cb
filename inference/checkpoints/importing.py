"""Imports a checkpoint as weights into the animator's own folder."""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..contract import EmoTalkError
from ..devices import import_torch, is_out_of_memory
from ..registry import NETWORKS, read_spec, recognise, spec_metadata
from .checkpoint_file import kind_of
from .conversion import Converter
from .library import (
    InstalledWeights,
    check_weights_file,
    file_sha256,
    find_weights,
    install,
    network_of,
    place_for,
    remove_leftovers,
)
from .safetensors_file import read_metadata, read_safetensors, write_safetensors
from .unfinished_files import held, hold, part_beside

if TYPE_CHECKING:
    from torch import Tensor

_LONGEST_LICENCE: Final = 200
_MEMORY_FACTOR: Final = 3
"""Memory that an import takes, in sizes of the checkpoint."""
_BLOCK: Final = 1024 * 1024

_FORMATS: Final = ("pt", "tf", "flax", "np", "mlx")
"""What other programs write into the headers of safetensors files."""

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


def import_weights(
    checkpoint: str | Path, name: str = "", overwrite: bool = False, licence: str = "", demo_audio: bool = False
) -> ImportedWeights:
    """Check a checkpoint and install it as weights, atomically.

    What an interrupted import left in the folder is removed first.

    Args:
        checkpoint: a published checkpoint of a network with a converter, which needs PyTorch; or weights that were
            imported on another computer, which are copied. What it is, its first bytes say, not its suffix.
        name: of the weights; the checkpoint's own name if empty.
        overwrite: replace weights of that name.
        licence: of the weights, in a few words, to be stored with them; if empty, a checkpoint that is not known to be
            the published one gets "unknown: ...", and imported weights keep theirs.
        demo_audio: let EMOTE hear the sound as its released demo does by mistake; see ``EmoteConfig``.

    Raises:
        EmoTalkError: the checkpoint cannot be used, or the name is not free; or the demo of its network makes no such
            mistake.
        OSError: the folder cannot be written to.
    """
    checkpoint = Path(checkpoint)
    licence = check_licence(licence)
    name = name or checkpoint.stem
    path = place_for(name, overwrite)  # before the work; ``install`` asks again
    remove_leftovers()
    if not is_imported(checkpoint):
        write, unknown = _prepare_conversion(checkpoint, licence, demo_audio)
    elif demo_audio:
        raise EmoTalkError(f"{checkpoint.name} is imported already; --demo-audio is for EMOTE's own checkpoint")
    else:
        write, unknown = _prepare_copy(checkpoint, licence)
    finished = part_beside(path)
    try:
        write(finished)
        with held(finished):
            path = install(finished, name, overwrite)
    finally:
        finished.unlink(missing_ok=True)
    return ImportedWeights(find_weights(path.stem), unknown)


def rename_emotions(model_id: str, names: Mapping[str, str]) -> InstalledWeights:
    """Give the emotions of an own model other names, as for mined moods; scenes that use the old names lose them.

    Args:
        model_id: of weights in the animator's own folder.
        names: old name -> new name.

    Raises:
        EmoTalkError: there is no such model or emotion, it is built in, or a new name is taken or not allowed.
        OSError: the folder cannot be written to.
    """
    weights = find_weights(model_id)
    if weights.is_bundled or weights.damage:
        raise EmoTalkError(
            weights.damage or f"{model_id} came with EmoTalk; only emotions of own models can be renamed"
        )
    emotions = weights.spec.emotions
    if unknown := [name for name in names if name not in emotions]:
        there = ", ".join(emotions) or "none"
        raise EmoTalkError(f"{model_id} has no emotion {unknown[0]!r}; there are: {there}")
    arrays, metadata = read_safetensors(weights.path, mapped=True)
    metadata |= {"emotions": json.dumps([names.get(name, name) for name in emotions])}
    read_spec(network_of(weights.path, metadata), metadata)  # raises where a name is taken or not allowed
    finished = part_beside(weights.path)
    try:
        write_safetensors(finished, arrays, metadata)
        with held(finished):
            install(finished, model_id, overwrite=True)
    finally:
        finished.unlink(missing_ok=True)
    return find_weights(model_id)


def licence_notice(checkpoint: str | Path, licence: str = "") -> str:
    """The notice to show before a checkpoint is imported; "" if there is none.

    Args:
        checkpoint: the file.
        licence: the licence that is stated for it; "" if none.

    Raises:
        EmoTalkError: it is not a checkpoint of a known network, or the licence is not for it.
    """
    checkpoint = Path(checkpoint)
    licence = check_licence(licence)
    if is_imported(checkpoint):
        return _licensed(checkpoint, read_metadata(checkpoint), licence).get("notice", "")
    _, converter, _ = _recognised(checkpoint)
    return converter.licence_of(file_sha256(checkpoint), licence)[1]


def is_imported(checkpoint: Path) -> bool:
    """Whether a file is one of ours, and not a checkpoint of others, which safetensors files can be as well.

    Raises:
        EmoTalkError: it is neither.
    """
    if kind_of(checkpoint) != "safetensors":
        return False
    metadata = read_metadata(checkpoint)
    return "model" in metadata or metadata.get("format") not in _FORMATS


def check_licence(licence: str) -> str:
    """A stated licence without spaces around it. Raises EmoTalkError if it is no short line of text."""
    licence = licence.strip()
    if len(licence) > _LONGEST_LICENCE or not licence.isprintable():
        raise EmoTalkError(f"A licence is one line of at most {_LONGEST_LICENCE} letters, such as: CC BY 4.0")
    return licence


def convert_checkpoint(checkpoint: str | Path, path: Path) -> tuple[str, ...]:
    """Convert a published PyTorch checkpoint to a weights file, atomically.

    Returns:
        Names in the checkpoint that its network does not use.

    Raises:
        EmoTalkError: it is missing, damaged, contains code, or is for no known network.
        OSError: the folder cannot be written to.
    """
    write, unknown = _prepare_conversion(Path(checkpoint), "")
    write(path)
    return unknown


def _prepare_conversion(checkpoint: Path, licence: str, demo_audio: bool = False) -> tuple[Write, tuple[str, ...]]:
    network, converter, state = _recognised(checkpoint)
    sha256 = file_sha256(checkpoint)
    licence, notice = converter.licence_of(sha256, licence)
    try:
        conversion = converter.convert(state, checkpoint, NETWORKS[network].spec)
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, MemoryError) or is_out_of_memory(error):
            needed = _MEMORY_FACTOR * checkpoint.stat().st_size / 1e9
            raise EmoTalkError(
                f"There is not enough memory to import {checkpoint.name}, which takes about {needed:.1f} GB; close "
                "other programs, or import it on a computer with more and copy the .safetensors file"
            ) from None
        raise
    if demo_audio:
        if "demo_audio" not in conversion.config:
            raise EmoTalkError(f"--demo-audio is for EMOTE, but {checkpoint.name} is {NETWORKS[network].label}")
        conversion.config["demo_audio"] = True
    metadata = {
        "model": network,
        "config": json.dumps(conversion.config),
        "licence": licence,
        "notice": notice,
        "source": checkpoint.name,
        "source_sha256": sha256,
        **spec_metadata(conversion.spec),
        **conversion.notes,
    }
    return lambda path: write_safetensors(path, conversion.arrays, metadata), conversion.unknown


def _recognised(checkpoint: Path) -> "tuple[str, Converter, Mapping[str, Tensor]]":
    """The network of a checkpoint, its converter, and the checkpoint's tensors."""
    import_torch("Reading a checkpoint")
    state = _tensors(checkpoint)
    name = recognise(state)
    converter = NETWORKS[name].converter if name else None
    if name is None or converter is None:
        known = ", ".join(network.label for network in NETWORKS.values() if network.converter)
        raise EmoTalkError(f"{checkpoint.name} is no checkpoint of a network that is known here: {known}")
    return name, converter, state


def _tensors(checkpoint: Path) -> "Mapping[str, Tensor]":
    if kind_of(checkpoint) == "safetensors":
        import torch

        arrays, _metadata = read_safetensors(checkpoint, mapped=True)
        return {name: torch.from_numpy(array) for name, array in arrays.items()}
    from .pytorch_state import read_state

    return read_state(checkpoint)


def _prepare_copy(source: Path, licence: str) -> tuple[Write, tuple[str, ...]]:
    check_weights_file(source)
    arrays, metadata = read_safetensors(source, mapped=True)
    licensed = _licensed(source, metadata, licence)

    def copy(path: Path) -> None:
        if licensed != metadata:
            write_safetensors(path, arrays, licensed)
            return
        with source.open("rb") as whole, path.open("wb") as file:
            hold(file)
            shutil.copyfileobj(whole, file, _BLOCK)

    return copy, ()


def _licensed(source: Path, metadata: Mapping[str, str], licence: str) -> dict[str, str]:
    """The header of imported weights with the licence that is stated for them."""
    if not licence:
        return dict(metadata)
    network = network_of(source, metadata)
    notice = ""
    if network.converter is not None:
        licence, notice = network.converter.licence_of(metadata.get("source_sha256", ""), licence)
    return {**metadata, "licence": licence, "notice": notice}
