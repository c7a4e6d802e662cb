"""Reads PyTorch checkpoints as named tensors, without executing code in them."""

import pickle
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..contract import EmoTalkError


def read_state(path: Path) -> dict[str, Tensor]:
    """The weights of a checkpoint by name, without the containers of training code.

    Raises:
        EmoTalkError: the file is missing, damaged, contains code, or is not a table of named weights.
    """
    if not path.is_file():
        raise EmoTalkError(f"There is no file {path}; choose the released EmoTalk.pth, or your own training of it")
    try:
        loaded: Any = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise EmoTalkError(
            f"{path.name} holds more than weights and was not opened: a checkpoint that wants to run code is not safe"
        ) from None
    except (RuntimeError, EOFError, ValueError, KeyError, OSError) as error:
        raise EmoTalkError(f"{path.name} is damaged or no checkpoint ({type(error).__name__}); copy it again") from None
    for wrapping in ("state_dict", "model"):
        if isinstance(loaded, dict) and isinstance(loaded.get(wrapping), dict):
            loaded = loaded[wrapping]
    if not isinstance(loaded, dict) or not all(isinstance(value, Tensor) for value in loaded.values()):
        raise EmoTalkError(f"{path.name} is no checkpoint: it is not a table of named weights")
    return {str(name).removeprefix("module."): value for name, value in loaded.items()}
