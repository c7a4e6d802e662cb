"""Recognising and converting published checkpoints, as part of a network's row."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..contract import EmoTalkError, ModelSpec

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Conversion:
    """A checkpoint of PyTorch turned into weights.

    Attributes:
        arrays: the weights by their names in the network's own file.
        config: dimensions of the network, ready for JSON.
        spec: inputs and outputs of the network.
        unknown: names in the checkpoint that the network does not use.
        notes: more fields for the header of the weights.
    """

    arrays: dict[str, np.ndarray]
    config: dict[str, Any]
    spec: ModelSpec
    unknown: tuple[str, ...]
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Converter:
    """Recognises and converts published checkpoints of a network.

    Attributes:
        marks: beginnings of names that only this network's checkpoints have.
        convert: takes a checkpoint's tensors by name, its file, and the spec of the network's row; PyTorch is available
            when it is called. Raises EmoTalkError if the checkpoint is incomplete.
        licence: of the published weights.
        notice: the sentence to show with the licence.
        published_sha256: hashes of the published files; only what has one of them is known to be under the licence.
    """

    marks: tuple[str, ...]
    convert: "Callable[[Mapping[str, Tensor], Path, ModelSpec], Conversion]"
    licence: str
    notice: str
    published_sha256: frozenset[str] = frozenset()

    def recognises(self, names: Iterable[str]) -> bool:
        """Whether these names are from such a checkpoint."""
        return any(name.startswith(self.marks) for name in names)

    def licence_of(self, sha256: str, stated: str) -> tuple[str, str]:
        """The licence of a checkpoint, and the notice to show with it.

        Args:
            sha256: of the file.
            stated: the licence that whoever imports it states; "" if none.

        Raises:
            EmoTalkError: another licence is stated for a published file.
        """
        if sha256 in self.published_sha256:
            if stated and stated != self.licence:
                raise EmoTalkError(
                    f"This is the published file, which is licensed {self.licence}; import it without --licence"
                )
            return self.licence, self.notice
        if stated:
            return stated, ""
        return f"unknown: the released weights are {self.licence}", self.notice
