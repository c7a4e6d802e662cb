"""The Python that runs networks in PyTorch: the animator's own, or the one that Set Up makes."""

from pathlib import Path

import bpy

from ..inference.contract import EmoTalkError
from ..inference.torch_environment import accelerators
from ..inference.torch_environment.accelerators import Accelerator
from ..inference.torch_environment.environment import (
    ABSENT,
    UNTRIED,
    EnvironmentStatus,
    TorchEnvironment,
    describe_python,
)
from ..inference.torch_environment.set_up import SetUpPlan, set_up
from ..inference.worker.background_task import BackgroundTask
from . import background
from .preferences import EXTENSION, chosen_path, preferences_of

_environment_status = ABSENT
_tried: dict[Path, EnvironmentStatus] = {}
"""States of the animator's own Pythons that were checked."""


def environment() -> TorchEnvironment:
    """The environment that Set Up creates; it is kept when the extension is updated."""
    try:
        folder = bpy.utils.extension_path_user(EXTENSION, path="runtime")
    except ValueError:  # not installed as an extension
        folder = bpy.utils.user_resource("DATAFILES", path=str(Path("emotalk", "runtime")))
    return TorchEnvironment(folder)


def own_python(context: bpy.types.Context) -> Path | None:
    """The Python with PyTorch that the animator chose, if any."""
    return chosen_path(preferences_of(context).torch_python)


def status(context: bpy.types.Context) -> EnvironmentStatus:
    """The last known status of the Python in use; starts and reads nothing, for panels."""
    own = own_python(context)
    return _tried.get(own, UNTRIED) if own else _environment_status


def refresh() -> None:
    """Read the state of the environment again."""
    global _environment_status
    _environment_status = environment().status()


def torch_python(context: bpy.types.Context) -> Path:
    """The interpreter that networks in PyTorch run in.

    Raises:
        EmoTalkError: there is none, or it is known not to work.
    """
    refresh()
    known = status(context)
    if known.state not in ("ready", "untried"):
        raise EmoTalkError(f"This model needs PyTorch. {known.sentence}")
    return own_python(context) or environment().python


def chosen_build(context: bpy.types.Context) -> Accelerator:
    """The build that Set Up will install, for its size."""
    preferences = preferences_of(context)
    return accelerators.expected_build(preferences.accelerator, preferences.package_index.strip())


def start_set_up(context: bpy.types.Context) -> None:
    """Create the environment (again) in the background. Raises EmoTalkError if another task is running."""
    preferences = preferences_of(context)
    index = preferences.package_index.strip()
    plan = SetUpPlan(preferences.accelerator, index, chosen_path(preferences.wheels))
    place = environment()
    background.start("Set Up", lambda task: set_up(place, plan, task), refresh)


def start_removal() -> None:
    """Delete the environment in the background. Raises EmoTalkError if another task is running."""
    place = environment()

    def work(task: BackgroundTask) -> str:
        task.report(0.5, "Removing")
        place.remove()
        return "PyTorch was removed"

    background.start("Remove", work, refresh)


def start_check(context: bpy.types.Context) -> None:
    """Start PyTorch once in the background to check it. Raises EmoTalkError if another task is running."""
    own = own_python(context)
    place = environment()

    def work(task: BackgroundTask) -> str:
        task.report(0.5, "Starting PyTorch")
        if own:
            found = _tried[own] = describe_python(own, task)
        else:
            with place.claim():
                found = place.verify(task)
        if found.state != "ready":
            raise EmoTalkError(found.sentence)
        return found.sentence

    background.start("Check", work, refresh)
