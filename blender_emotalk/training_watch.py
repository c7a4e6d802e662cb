"""What the Train box shows, read from the disk by a timer: any process may be training, and panels never compute."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import bpy
import bpy.utils.previews
import numpy as np

from ..inference.contract import EmoTalkError
from ..training.captures.last_check import LastCheck, read_last_check
from ..training.loss_plot import loss_plot
from ..training.run_state import RunState, look_at, newest_run_in
from ..training.systems import SYSTEMS
from . import background, training_process
from .property_definitions import PROPERTY

Phase = Literal["none", "starting", "training", "stopping", "stopped", "done"]
BUSY: Final = ("starting", "training", "stopping")
_SECONDS: Final = 1.0
_PLOT: Final = "loss"
_SIDE: Final = 256
"""Pixels of the plot."""


@dataclass(frozen=True)
class Seen:
    """Everything that was seen.

    Attributes:
        project: the scene's project file; None if none is chosen or it is not there.
        checked: what the last check found; None if there was none.
        phase: of the newest run; "none" if there is none, "starting" before a process trains, "stopping" when it was
            asked to stop.
        run: the newest run; None if there is none.
        failure: the sentence with which the latest training failed; "" if it did not.
    """

    project: Path | None = None
    checked: LastCheck | None = None
    phase: Phase = "none"
    run: RunState | None = None
    failure: str = ""


_NOTHING: Final = Seen()
_seen = _NOTHING
_pictures: Any = None


def seen() -> Seen:
    """The last look."""
    return _seen


def preset_of(desk: Any) -> str:
    """The preset of a scene, else the usual one; "" if there is none at all."""
    return str(desk.preset) or next(iter(SYSTEMS), "")


def sentence_of(desk: Any) -> str:
    """What the preset of a scene is; "" if it is unknown."""
    system = SYSTEMS.get(preset_of(desk))
    return f"{system.label}: {system.sentence}" if system else ""


def plot_icon() -> int:
    """The number of the loss plot among Blender's icons; 0 if there is no plot."""
    return _pictures[_PLOT].icon_id if _pictures is not None and _PLOT in _pictures else 0


def watch() -> None:
    """Begin; in this file and in those opened later."""
    global _pictures
    _pictures = bpy.utils.previews.new()
    bpy.app.timers.register(_tick, first_interval=_SECONDS, persistent=True)


def unwatch() -> None:
    """End."""
    global _pictures, _seen
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)
    bpy.utils.previews.remove(_pictures)
    _pictures, _seen = None, _NOTHING


def look(context: bpy.types.Context) -> Seen:
    """Look at the disk now."""
    global _seen
    before, _seen = _seen, _look(context)
    if _seen != before:
        _draw_plot(_seen.run)
        background.redraw()
    return _seen


def _tick() -> float:
    look(bpy.context)
    return _SECONDS


def _look(context: bpy.types.Context) -> Seen:
    desk: Any = getattr(context.scene, PROPERTY, None)
    if desk is None or not desk.captures:
        return _NOTHING
    project = Path(bpy.path.abspath(desk.captures))
    if not project.is_file():
        return _NOTHING
    runs = training_process.runs_of(project)
    folder = newest_run_in(runs)
    try:
        run = look_at(folder) if folder else None
    except EmoTalkError as error:
        return Seen(project, read_last_check(project), failure=str(error))
    phase: Phase = run.phase if run else "none"
    if run and phase == "training" and run.run.stop.exists():
        phase = "stopping"
    elif phase not in BUSY and training_process.is_alive(runs):
        phase = "starting"
    failure = "" if phase in BUSY else training_process.failure(runs)
    return Seen(project, read_last_check(project), phase, run, failure)


def _draw_plot(run: RunState | None) -> None:
    if _pictures is None:
        return
    _pictures.pop(_PLOT, None)
    if run is None or not run.losses:
        return
    picture = loss_plot(run.losses, run.scores, run.steps, _SIDE, _SIDE)
    preview = _pictures.new(_PLOT)
    preview.image_size = (_SIDE, _SIDE)
    preview.image_pixels_float.foreach_set(np.ascontiguousarray(picture, np.float32).ravel())
