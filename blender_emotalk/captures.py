"""The captures of an actor that a scene trains on: writing their project file, and checking them, in the background."""

import sys
from pathlib import Path

import bpy

from ..inference.contract import EmoTalkError
from ..inference.worker.background_task import BackgroundTask
from ..training.captures.looking import PROJECT_NAME
from . import background, torch_environment, training_watch
from .command_process import command, run_command


def choose(context: bpy.types.Context, folder: Path) -> Path:
    """The project file of a folder. If there is none, it is written in the background; one that is there stays.

    Raises:
        EmoTalkError: there is no such folder, or another task is running.
    """
    if not folder.is_dir():
        raise EmoTalkError(f"There is no folder {folder}")
    project = folder / PROJECT_NAME
    if project.exists():
        return project
    words = command(_python(context), "captures", "init", str(folder), "-o", str(project))

    def work(task: BackgroundTask) -> str:
        return run_command(task, words, "Looking for takes")[-1].partition("; ")[0]

    background.start("Choose Folder", work, _look)
    return project


def start_check(context: bpy.types.Context, project: Path) -> None:
    """Look at every take in the background. Raises EmoTalkError if another task is running."""
    words = command(_python(context), "captures", "check", str(project), "--job-progress")

    def work(task: BackgroundTask) -> str:
        run_command(task, words, "Checking the takes")
        return "The takes were checked"

    background.start("Check", work, _look)


def _python(context: bpy.types.Context) -> str:
    """The Python that trains, which reads more kinds of sound files, else Blender's own."""
    try:
        return str(torch_environment.training_python(context))
    except EmoTalkError:
        return sys.executable


def _look() -> None:
    training_watch.look(bpy.context)
