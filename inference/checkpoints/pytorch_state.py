"""Reads PyTorch checkpoints as named tensors, without executing code in them."""

import pickle
import re
import warnings
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from ..contract import EmoTalkError
from ..devices import SAFE_TORCH, is_safe_torch
from .checkpoint_file import Kind, check_archive, kind_of
from .lightning_checkpoint import Nothing, read_lightning

_CONTAINERS: Final = ("state_dict", "model_state_dict", "model", "module", "network", "net", "weights")
"""Entries in which training code keeps the weights, beside its own notes."""
_MOST_CONTAINERS: Final = 4
_WRAPPERS: Final = re.compile(r"(?:(?:module|model|network|net|_orig_mod)\.)+")
"""What DistributedDataParallel, Lightning and torch.compile put before every name, as often as they were nested."""
_HALF: Final = 2
"""Bytes of the smallest numbers that are taken."""
_REFUSED: Final = re.compile(r"GLOBAL (\S+)")


def read_state(path: Path) -> dict[str, Tensor]:
    """The weights of a checkpoint by name, without the containers and prefixes of training code.

    Nothing is known yet of the tensors: see ``check_tensor``.

    Raises:
        EmoTalkError: the file is missing, damaged, contains code, or is not a table of named weights; or this PyTorch
            is too old to read files of others.
    """
    if not is_safe_torch(torch.__version__):
        raise EmoTalkError(
            f"PyTorch {torch.__version__} can be tricked into running code by a checkpoint, so {path.name} was not "
            f"opened. Update to PyTorch {SAFE_TORCH} or later, or import it on another computer and copy the "
            ".safetensors file"
        )
    kind = kind_of(path)
    if kind == "safetensors":
        raise EmoTalkError(f"{path.name} is a safetensors file without the names of a network that is known here")
    if path.suffix == ".safetensors":  # by which torch.load would choose another reader
        raise EmoTalkError(f"{path.name} is a checkpoint of PyTorch; rename it to {path.stem}.pth")
    records = check_archive(path) if kind == "archive" else None
    table = _without_containers(_load(path, kind))
    if not isinstance(table, dict) or not table or not all(isinstance(value, Tensor) for value in table.values()):
        raise EmoTalkError(
            f"{path.name} is no checkpoint: it is not a table of named weights; save them with "
            "torch.save(network.state_dict(), 'EmoTalk.pth')"
        )
    if records is not None and _storages(table.values()) - records:
        raise EmoTalkError(f"{path.name} is damaged: it holds fewer numbers than its tensors have; copy it again")
    state: dict[str, Tensor] = {}
    for name, value in table.items():
        plain = _WRAPPERS.sub("", str(name), count=1) if _WRAPPERS.match(str(name)) else str(name)
        if plain in state:
            raise EmoTalkError(f"{path.name} holds {plain} twice, under different prefixes; save one network alone")
        state[plain] = value.detach()
    return state


def check_tensor(tensor: Tensor, shape: tuple[int, ...], name: str, source: str) -> None:
    """Check everything about a tensor that can be known without reading a number of it.

    Args:
        tensor: from a file that nobody vouches for.
        shape: what belongs there.
        name: of the tensor, for the message.
        source: the file's name, for the message.

    Raises:
        EmoTalkError: it has another shape, its numbers are no real numbers, or it is not all in the file.
    """
    problem = _problem(tensor, shape)
    if problem:
        raise EmoTalkError(
            f"The weights in {source} do not fit together: {name} {problem}. Export the checkpoint again, or choose "
            "another one"
        )


def _problem(tensor: Tensor, shape: tuple[int, ...]) -> str:
    """The second half of a sentence; "" if there is none."""
    if tensor.layout != torch.strided:
        return "is a sparse tensor, where a dense one belongs"
    if tensor.is_quantized or tensor.is_complex() or not tensor.is_floating_point() or tensor.itemsize < _HALF:
        return f"holds {str(tensor.dtype).removeprefix('torch.')}, where floating-point numbers belong"
    if tensor.device.type != "cpu" or tensor.is_nested or tensor.is_neg():
        return "is no ordinary tensor"
    if tuple(tensor.shape) != shape:
        return f"has the shape {_words(tensor.shape)}, where {_words(shape)} belongs"
    # A transposed tensor has all its numbers; one that was expanded has fewer than its shape says.
    steps = ((size - 1) * stride for size, stride in zip(shape, tensor.stride(), strict=True))
    extent = 1 + sum(steps) if tensor.numel() else 0
    if (
        extent < tensor.numel()
        or (tensor.storage_offset() + extent) * tensor.itemsize > tensor.untyped_storage().nbytes()
    ):
        return "has fewer numbers than its shape says"
    if tensor.data_ptr() % tensor.itemsize:
        return "lies crooked in the file: another program has packed the archive anew"
    return ""


def _words(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape)) or "of a single number"


def _load(path: Path, kind: Kind) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about formats of other releases; what is wrong with the file is said here
            # Mapped, a record cannot be read beyond its end, and numbers are in memory once they are used.
            return torch.load(path, map_location="cpu", weights_only=True, mmap=kind == "archive")
    except pickle.UnpicklingError as error:
        refused = _REFUSED.search(str(error))
        if refused:
            weights = _weights_of_lightning(path) if kind == "archive" else None
            if weights is not None:
                return weights
            raise EmoTalkError(_more_than_weights(path, refused[1])) from None
        raise EmoTalkError(f"{path.name} is damaged or no checkpoint of PyTorch; copy it again") from None
    except Exception as error:  # the file decides which; MemoryError is one of them
        raise EmoTalkError(f"{path.name} is damaged or no checkpoint ({type(error).__name__}); copy it again") from None


def _weights_of_lightning(path: Path) -> Any:
    """The table of weights of a checkpoint of Lightning, whose other objects become nothing; None if it is none."""
    try:
        content = read_lightning(path)
    except Exception as error:  # the file decides which
        raise EmoTalkError(f"{path.name} is damaged or no checkpoint ({type(error).__name__}); copy it again") from None
    table = content.get("state_dict") if content is not None else None
    if isinstance(table, dict):
        foreign = next((value for value in table.values() if isinstance(value, Nothing)), None)
        if foreign is not None:
            raise EmoTalkError(_more_than_weights(path, foreign.name))
    return table


def _more_than_weights(path: Path, name: str) -> str:
    return (
        f"{path.name} holds more than weights ({name}) and was not opened, because reading that would run code; save "
        "the weights alone: torch.save(network.state_dict(), 'EmoTalk.pth')"
    )


def _storages(tensors: Iterable[Tensor]) -> Counter[int]:
    """How many pieces of the file the tensors lie in, of each size in bytes."""
    ordinary = (tensor for tensor in tensors if tensor.layout == torch.strided and tensor.device.type == "cpu")
    sizes = {storage.data_ptr(): storage.nbytes() for storage in (tensor.untyped_storage() for tensor in ordinary)}
    return Counter(size for size in sizes.values() if size)


def _without_containers(loaded: Any) -> Any:
    for _ in range(_MOST_CONTAINERS):
        if not isinstance(loaded, dict) or any(isinstance(value, Tensor) for value in loaded.values()):
            break
        inner = (loaded[name] for name in _CONTAINERS if isinstance(loaded.get(name), dict))
        loaded = next(inner, loaded)
    return loaded
