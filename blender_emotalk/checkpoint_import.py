"""Importing a checkpoint: the command does it, in the Python with PyTorch, so that Blender never holds the file."""

from pathlib import Path
from typing import Final

import bpy

from ..inference.background_task import BackgroundTask
from ..inference.contract import EmoTalkError
from . import background, model_choice, runtime

COMMAND: Final = Path(__file__).resolve().parents[1] / "command_line" / "__main__.py"
_COMPLAINT: Final = "emotalk: "


def start_import(context: bpy.types.Context, checkpoint: Path) -> None:
    """Read, check and keep a checkpoint in the background.

    Raises:
        EmoTalkError: there is no Python with PyTorch, or another task is at work.
    """
    python = runtime.torch_python(context)
    words = [str(python), "-I", "-X", "utf8", str(COMMAND), "weights", "import", str(checkpoint)]

    def work(task: BackgroundTask) -> str:
        said: list[str] = []
        task.report(0.1, f"Reading {checkpoint.name}")
        if task.run(words, said.append) != 0:
            raise EmoTalkError(_complaint(said))
        return next(iter(said), f"{checkpoint.name} was imported")

    background.start("Import Checkpoint", work, model_choice.refresh)


def _complaint(said: list[str]) -> str:
    sentences = [line.removeprefix(_COMPLAINT) for line in said if line.startswith(_COMPLAINT)]
    return (sentences or said or ["The import ended without a word; try again"])[-1]
