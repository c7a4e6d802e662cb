"""The part of a batch that one of several processes computes."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import torch
from torch import Tensor

from ..inference.contract import EmoTalkError


def part_of(batch: Any, part: int, parts: int, device: torch.device) -> Any:
    """The items of one process, on its device.

    Args:
        batch: a dataclass or a mapping of tensors, items first.
        part: number of the process.
        parts: number of processes.
        device: where it computes.

    Raises:
        EmoTalkError: the items cannot be shared out evenly.
    """
    if is_dataclass(batch) and not isinstance(batch, type):
        moved = {each.name: _rows(getattr(batch, each.name), part, parts, device) for each in fields(batch)}
        return type(batch)(**moved)
    assert isinstance(batch, Mapping)
    return {name: _rows(tensor, part, parts, device) for name, tensor in batch.items()}


def _rows(tensor: Tensor, part: int, parts: int, device: torch.device) -> Tensor:
    size, left = divmod(len(tensor), parts)
    if left:
        raise EmoTalkError(
            f"{len(tensor)} items of a batch cannot be shared out evenly to {parts} processes; "
            f"make the recipe's batch_size a multiple of {parts}"
        )
    return tensor[part * size : (part + 1) * size].to(device)
