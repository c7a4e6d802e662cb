"""The process that trains: it outlives Blender, which finds it again by the folder of its run."""

import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import bpy

from ..inference.contract import EmoTalkError
from ..training.run_folder import RUNS, RunFolder
from ..training.run_state import ask_to_stop
from . import torch_environment
from .command_process import command, complaint_in
from .preferences import preferences_of

_LOG: Final = "latest.log"
_launched: Final[dict[Path, subprocess.Popen[bytes]]] = {}
"""The process that this Blender has started for a folder of runs."""


def runs_of(project: Path) -> Path:
    """The folder of a project's runs, beside it."""
    return project.parent / RUNS


def start(context: bpy.types.Context, project: Path, preset: str) -> None:
    """Begin a new run.

    Raises:
        EmoTalkError: there is no Python that can train.
        OSError: the folder of the runs cannot be made, or the process cannot be started.
    """
    runs = runs_of(project)
    _launch(context, runs, "train", str(project), "--preset", preset, "--runs", str(runs))


def resume(context: bpy.types.Context, runs: Path, run: RunFolder) -> None:
    """Go on with a run. Raises as ``start``."""
    _launch(context, runs, "resume", str(run.path))


def pause(run: RunFolder) -> None:
    """Let a training save a checkpoint after its step, export and end, whoever has started it.

    Raises:
        EmoTalkError: nothing trains this run.
        OSError: the folder of the run cannot be written to.
    """
    ask_to_stop(run)


def cancel(runs: Path, run: RunFolder | None) -> None:
    """End a training: at once if this Blender has started it, else after its step, with a checkpoint.

    Raises:
        EmoTalkError: nothing is being trained.
        OSError: the folder of the run cannot be written to.
    """
    if is_alive(runs):
        _launched[runs].terminate()
        _launched[runs].wait()
    elif run is not None:
        pause(run)
    else:
        raise EmoTalkError("Nothing is being trained")


def is_alive(runs: Path) -> bool:
    """Whether the process that this Blender has started for these runs is still there."""
    process = _launched.get(runs)
    return process is not None and process.poll() is None


def wait(runs: Path) -> None:
    """Wait until it has ended."""
    if (process := _launched.get(runs)) is not None:
        process.wait()


def failure(runs: Path) -> str:
    """The sentence with which the latest start or resumption failed; "" if it did not."""
    try:
        lines = (runs / _LOG).read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return complaint_in(lines[-1:])


def _launch(context: bpy.types.Context, runs: Path, *words: str) -> None:
    python = torch_environment.training_python(context)
    if preferences_of(context).device == "cpu":
        words = (*words, "--cpu")
    runs.mkdir(parents=True, exist_ok=True)
    with (runs / _LOG).open("wb") as log:
        _launched[runs] = subprocess.Popen(
            command(python, *words), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, **_detached()
        )


def _detached() -> dict[str, Any]:
    """Options with which a process outlives the one that starts it."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}
