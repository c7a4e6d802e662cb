"""The Python that runs networks in PyTorch: the animator's own, or the one that Set Up makes."""

from dataclasses import replace
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
from ..inference.torch_environment.set_up import (
    TRAINING_DISK_BYTES,
    TRAINING_DOWNLOAD_BYTES,
    SetUpPlan,
    add_training,
    set_up,
)
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


def training_problem(context: bpy.types.Context) -> str:
    """Why the Python in use cannot train, as far as is known; "" if nothing speaks against it. For panels."""
    known = status(context)
    if known.state == "untried":
        return ""
    if known.state != "ready":
        return f"Training needs PyTorch. {known.sentence}"
    if known.lacks and own_python(context):
        return f"Your Python with PyTorch lacks {', '.join(known.lacks)}; install them there with pip, then press Check"
    return f"Training needs a few packages more: {', '.join(known.lacks)}" if known.lacks else ""


def training_python(context: bpy.types.Context) -> Path:
    """The interpreter that trains. Raises EmoTalkError if there is none, or it is known to lack something."""
    refresh()
    if problem := training_problem(context):
        raise EmoTalkError(problem)
    return own_python(context) or environment().python


def chosen_build(context: bpy.types.Context) -> Accelerator:
    """The build that Set Up will install, for its size."""
    preferences = preferences_of(context)
    return accelerators.expected_build(preferences.accelerator, preferences.package_index.strip())


def training_bytes(context: bpy.types.Context) -> tuple[float, float]:
    """About how many bytes Set Up for Training downloads, and how many it takes on the disk."""
    if status(context).state == "ready":
        return TRAINING_DOWNLOAD_BYTES, TRAINING_DISK_BYTES
    build = chosen_build(context)
    return build.download_bytes + TRAINING_DOWNLOAD_BYTES, build.disk_bytes + TRAINING_DISK_BYTES


def start_set_up(context: bpy.types.Context) -> None:
    """Create the environment (again) in the background, with what training needs if it was there.

    Raises:
        EmoTalkError: another task is running.
    """
    place, plan = environment(), _plan(context)
    background.start("Set Up", lambda task: set_up(place, plan, task), refresh)


def start_training_set_up(context: bpy.types.Context) -> None:
    """Add what training needs to the environment, or create one with it. Raises EmoTalkError as ``start_set_up``."""
    place, plan = environment(), replace(_plan(context), training=True)
    make = add_training if place.status().state == "ready" else set_up
    background.start("Set Up", lambda task: make(place, plan, task), refresh)


def _plan(context: bpy.types.Context) -> SetUpPlan:
    preferences = preferences_of(context)
    index = preferences.package_index.strip()
    could_train = not environment().status().lacks
    return SetUpPlan(preferences.accelerator, index, chosen_path(preferences.wheels), training=could_train)


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
