"""Checkpoints of a run: the newest few and the best, written atomically, read by their own run alone."""

import pickle
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn

from ..face.atomic_file import replacing
from ..inference.contract import EmoTalkError

BEST: Final = "best.pt"
_NEWEST: Final = "step_*.pt"


class Checkpoints:
    """The checkpoints in a folder.

    Args:
        folder: of the files.
        run: the run's own id.
        recipe: ``Recipe.identity`` of what it trains with.
    """

    def __init__(self, folder: Path, run: str, recipe: str) -> None:
        self._folder = folder
        self._marks = {"run": run, "recipe": recipe}

    def save(self, step: int, state: dict[str, Any], keep: int) -> None:
        """Write the state after ``step`` steps and delete all but the newest ``keep``."""
        self._write(self._folder / f"step_{step:07d}.pt", state | {"step": step})
        for old in self._newest_first()[keep:]:
            old.unlink(missing_ok=True)

    def save_best(self, step: int, state: dict[str, Any]) -> None:
        """Write the best state so far."""
        self._write(self._folder / BEST, state | {"step": step})

    def newest(self) -> dict[str, Any] | None:
        """The newest state that can be read; None if there is none.

        Raises:
            EmoTalkError: it belongs to another run or was made with other settings.
        """
        return next((state for path in self._newest_first() if (state := self._read(path)) is not None), None)

    def best(self) -> dict[str, Any] | None:
        """The best state; None if there is none.

        Raises:
            EmoTalkError: it belongs to another run or was made with other settings.
        """
        path = self._folder / BEST
        return self._read(path) if path.exists() else None

    def clear_unfinished(self) -> None:
        """Delete what a killed process left half-written."""
        for part in self._folder.glob(".*.part"):
            part.unlink(missing_ok=True)

    def _newest_first(self) -> list[Path]:
        return sorted(self._folder.glob(_NEWEST), reverse=True)

    def _write(self, path: Path, state: dict[str, Any]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as part:
            torch.save(self._marks | state, part)

    def _read(self, path: Path) -> dict[str, Any] | None:
        """A state; None if the file is damaged."""
        try:
            state = torch.load(path, map_location="cpu", weights_only=True)
        except (OSError, EOFError, RuntimeError, ValueError, KeyError, pickle.UnpicklingError):
            return None
        if not isinstance(state, dict) or state.get("run") != self._marks["run"]:
            raise EmoTalkError(f"{path.name} is the checkpoint of another run; only a run's own can be resumed")
        if state.get("recipe") != self._marks["recipe"]:
            raise EmoTalkError(f"{path.name} was made with other settings than the run's config.json has now")
        return dict(state)


def trained_state(network: nn.Module, trained: Iterable[str]) -> dict[str, Tensor]:
    """The tensors of a network that training changes: parameters of these names, and all buffers."""
    names = {*trained, *(name for name, _ in network.named_buffers())}
    return {name: tensor.detach() for name, tensor in network.state_dict().items() if name in names}


def load_trained(network: nn.Module, state: dict[str, Tensor]) -> None:
    """The inverse of ``trained_state``."""
    network.load_state_dict(state, strict=False)
