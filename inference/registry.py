"""The networks there are, by the name that their weights carry. A network's module is imported when it is loaded."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .contract import FaceModel
from .devices import import_torch

DEFAULT_MODEL: Final = "emotalk-compact"


@dataclass(frozen=True)
class Network:
    """A kind of network.

    Attributes:
        label: what people call it.
        needs_torch: whether it runs in PyTorch; otherwise in NumPy, on the CPU, in float32.
        load: gives the network of a weights file on a device at a precision, encoding the whole line or windows of it;
            raises EmoTalkError where it cannot.
    """

    label: str
    needs_torch: bool
    load: Callable[[Path, str, str, bool], FaceModel]


def _load_compact(path: Path, _device: str, _precision: str, _windowed: bool) -> FaceModel:
    from .models.compact import EmoTalkCompact

    return EmoTalkCompact.load(path)


def _load_emotalk(path: Path, device: str, precision: str, windowed: bool) -> FaceModel:
    import_torch("EmoTalk")
    from .models.emotalk import EmoTalk

    return EmoTalk.load(path, device, precision, windowed)


NETWORKS: Final[Mapping[str, Network]] = {
    "emotalk-compact": Network("EmoTalk Compact", False, _load_compact),
    "emotalk": Network("EmoTalk", True, _load_emotalk),
}
