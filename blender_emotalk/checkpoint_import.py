"""Imports a checkpoint with the command in the Python with PyTorch, so that Blender never loads the file."""

from pathlib import Path

import bpy

from ..inference.checkpoints.library import installed_weights
from ..inference.contract import EmoTalkError
from ..inference.worker.background_task import BackgroundTask
from . import background, model_choice, runs, torch_environment
from .command_process import command, complaint_in


def start_import(context: bpy.types.Context, checkpoint: Path, overwrite: bool = False, licence: str = "") -> None:
    """Read, check and install a checkpoint in the background.

    Args:
        context: with the preferences, which name the Python.
        checkpoint: the file; the weights get its name.
        overwrite: replace weights of that name.
        licence: of the weights, if it is not the published network's.

    Raises:
        EmoTalkError: there is no Python with PyTorch, or another task is running.
    """
    python = torch_environment.torch_python(context)
    words = command(python, "weights", "import", str(checkpoint))
    words += ["--overwrite"] * overwrite
    words += [f"--licence={licence}"] if licence else []

    def work(task: BackgroundTask) -> str:
        said: list[str] = []
        task.report(0.1, f"Reading {checkpoint.name}")
        if task.run(words, said.append) != 0:
            raise EmoTalkError(_complaint(said))
        notices = {weights.notice for weights in installed_weights()}  # the panel shows these
        return ". ".join(line for line in said if line not in notices)

    runs.forget_models()  # some systems cannot replace a file that is in use
    background.start("Import Checkpoint", work, _take_notice)


def _take_notice() -> None:
    model_choice.refresh()
    runs.forget_models()


def _complaint(said: list[str]) -> str:
    return complaint_in(said) or (said or ["The import ended without a message; try again"])[-1]
