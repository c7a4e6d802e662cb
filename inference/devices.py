"""The devices that PyTorch can compute on; PyTorch is imported on first use, and never for the built-in model."""

import contextlib
import ctypes
import importlib
import os
import re
import sys
from types import ModuleType
from typing import Any, Final

from .contract import EmoTalkError

DEVICES: Final = ("auto", "cpu", "cuda", "mps")
"""auto is the GPU if there is one; cuda includes AMD GPUs, as in PyTorch; mps is Apple's GPU."""

PRECISIONS: Final = ("float32", "bfloat16", "int8")
"""float32 gives the published numbers; the others are quicker and less exact."""

SAFE_TORCH: Final = "2.6"
"""The first release whose ``weights_only`` reader keeps what it promises (CVE-2025-32434)."""

_OUT_OF_MEMORY: Final = ("out of memory", "not enough memory", "can't allocate memory")
_SAFE_RELEASE: Final = (2, 6)
_M_MMAP_THRESHOLD: Final = -3
_LARGE_BLOCK: Final = 2_000_000
_NAMES: Final = {"cpu": "CPU", "cuda": "CUDA GPU", "mps": "Apple GPU"}


def import_torch(what: str) -> ModuleType:
    """Import PyTorch.

    Args:
        what: the part that needs it, for the message.

    Raises:
        EmoTalkError: it is missing or broken; the message says how to install it.
    """
    # Read by PyTorch at start: with pages of 2 MB, the encoders' weights stream 3 to 8 % faster on Linux.
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    try:
        return importlib.import_module("torch")
    except Exception as error:  # a broken installation may raise anything
        is_missing = isinstance(error, ModuleNotFoundError) and error.name == "torch"
        how = "does not have" if is_missing else f"cannot load ({_first_line(error)})"
        raise EmoTalkError(
            f"{what} needs PyTorch, which this Python {how}; press Set Up in EmoTalk's preferences, "
            "or run: pip install 'emotalk[torch]'"
        ) from error


def is_safe_torch(version: str) -> bool:
    """Whether a release of PyTorch reads checkpoints without running code in them."""
    numbers = re.match(r"(\d+)\.(\d+)", version)
    return numbers is not None and (int(numbers[1]), int(numbers[2])) >= _SAFE_RELEASE


def check_choice(device: str, precision: str) -> None:
    """Raises EmoTalkError if the name of a device or a precision is unknown."""
    for value, known, what in ((device, DEVICES, "device"), (precision, PRECISIONS, "precision")):
        if value not in known:
            raise EmoTalkError(f"There is no {what} named {value!r}; there are: {', '.join(known)}")


def find_device(device: str) -> str:
    """The device to use: ``auto`` becomes the fastest one. Raises EmoTalkError if it is not available."""
    found = available_devices()
    if device == "auto":
        return found[-1]
    if device not in found:
        raise EmoTalkError(f"PyTorch finds no {_NAMES[device]} here; choose another device, or auto")
    return device


def available_devices() -> tuple[str, ...]:
    """The available devices, the CPU first and the fastest last. Raises EmoTalkError without PyTorch."""
    torch = import_torch("A device")
    found = ["cpu"]
    if torch.backends.mps.is_available():
        found.append("mps")
    if torch.cuda.is_available():
        found.append("cuda")
    return tuple(found)


def device_name(device: str) -> str:
    """The name of a device for people: the GPU's own name if it has one."""
    return import_torch("A device").cuda.get_device_name() if device == "cuda" else _NAMES[device]


def describe() -> dict[str, Any]:
    """PyTorch and the devices of this Python, ready for JSON.

    Returns:
        ``torch`` (its version, None if it is missing or broken), ``devices`` (each with ``id`` and ``name``),
        ``python`` (its version), ``problem`` (why there is no PyTorch, or "").
    """
    python = ".".join(map(str, sys.version_info[:3]))
    try:
        torch = import_torch("A torch network")
        devices = [{"id": device, "name": device_name(device)} for device in available_devices()]
    except EmoTalkError as error:
        return {"torch": None, "devices": [], "python": python, "problem": str(error)}
    return {"torch": str(torch.__version__), "devices": devices, "python": python, "problem": ""}


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error means that a device is out of memory. Imports nothing."""
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(error, RuntimeError):
        return False
    # Only CUDA has its own exception for it.
    says = str(error).lower()
    return isinstance(error, torch.OutOfMemoryError) or any(words in says for words in _OUT_OF_MEMORY)


def free_gpu_memory() -> None:
    """Free the GPU memory that PyTorch has cached."""
    torch = import_torch("A device")
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if torch.backends.mps.is_available():
        torch.mps.empty_cache()


def return_large_blocks() -> None:
    """Make glibc return every freed block of 2 MB and more to the system at once; without glibc, do nothing.

    By default glibc keeps freed blocks of up to 32 MB, and a long line takes twice the memory it needs.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE_BLOCK)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
