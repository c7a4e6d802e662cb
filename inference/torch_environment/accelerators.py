"""The builds of PyTorch and their sizes."""

import sys
from dataclasses import dataclass
from typing import Final

_GB: Final = 1e9


@dataclass(frozen=True)
class Accelerator:
    """A build of PyTorch.

    Attributes:
        name: identifier.
        label, sentence: for people.
        systems: values of ``sys.platform`` that it exists for.
        needs_index: the systems for which pip's own index lacks this build, so that an index must be given.
        download_bytes: approximate size of the download.
        disk_bytes: approximate size on the disk.
    """

    name: str
    label: str
    sentence: str
    systems: tuple[str, ...]
    needs_index: tuple[str, ...]
    download_bytes: float
    disk_bytes: float


ACCELERATORS: Final = (
    Accelerator("cpu", "Processor", "Runs everywhere", ("linux", "win32"), (), 0.25 * _GB, 1.1 * _GB),
    Accelerator("cuda", "NVIDIA", "CUDA, for NVIDIA cards", ("linux", "win32"), ("win32",), 2.8 * _GB, 6.5 * _GB),
    Accelerator("rocm", "AMD", "ROCm, for AMD cards", ("linux",), ("linux",), 4.5 * _GB, 16 * _GB),
    Accelerator("apple", "Apple", "Processor and GPU of Apple silicon", ("darwin",), (), 0.1 * _GB, 0.5 * _GB),
)


def accelerators(system: str = sys.platform) -> tuple[Accelerator, ...]:
    """The builds that exist for a system, the one that always works first."""
    return tuple(accelerator for accelerator in ACCELERATORS if system in accelerator.systems)


def accelerator_named(name: str) -> Accelerator:
    """Raises KeyError for an unknown name."""
    return {accelerator.name: accelerator for accelerator in ACCELERATORS}[name]


def expected_build(name: str, index: str, system: str = sys.platform) -> Accelerator:
    """The build that pip will install: for Linux, its own index has the one with CUDA, which runs on processors too."""
    return accelerator_named("cuda" if system == "linux" and name == "cpu" and not index else name)
