"""The background task (a set-up or an import; at most one), and the timer that watches it."""

import atexit
from collections.abc import Callable
from typing import Final

import bpy

from ..inference.contract import EmoTalkError
from ..inference.worker.background_task import BackgroundTask
from .access import window_manager_of

_SECONDS_BETWEEN_LOOKS: Final = 0.2
_task: BackgroundTask | None = None
_finished: Callable[[], None] | None = None


def start(name: str, work: Callable[[BackgroundTask], str], finished: Callable[[], None]) -> BackgroundTask:
    """Begin a task.

    Args:
        name: shown in the panels.
        work: runs in a thread and must not touch Blender's data.
        finished: called in Blender's main thread at the end, also after a failure.

    Raises:
        EmoTalkError: another task is running.
    """
    global _task, _finished
    if (busy := at_work()) is not None:
        raise EmoTalkError(f"{busy.name} is running; wait for it, or cancel it")
    _task, _finished = BackgroundTask(name, work), finished
    atexit.register(cancel)
    # Without a window there are no timers: the caller waits for the task.
    bpy.app.timers.register(tick, first_interval=0, persistent=True)
    return _task


def latest() -> BackgroundTask | None:
    """The running task, or the last one for its result."""
    return _task


def at_work() -> BackgroundTask | None:
    """The task that is running, or has ended but is not processed yet."""
    return _task if _finished is not None else None


def is_busy() -> bool:
    """Whether a task is running, or has ended but is not processed yet."""
    return _finished is not None


def tick() -> float | None:
    """Timer callback that checks the task: seconds until the next call, or None when it has ended."""
    global _finished
    redraw()
    if _task is not None and not _task.done:
        return _SECONDS_BETWEEN_LOOKS
    finished, _finished = _finished, None
    if finished is not None:
        finished()
        redraw()
    return None


def wait() -> None:
    """Wait until the task has ended. Raises EmoTalkError if it failed."""
    if _task is None:
        return
    _task.wait()
    tick()
    if _task.failure:
        raise EmoTalkError(_task.failure)


def cancel() -> None:
    """Stop the task, if there is one, and its programs."""
    if _task is not None:
        _task.cancel()


def close() -> None:
    """Stop the task and forget it."""
    global _task, _finished
    cancel()
    if bpy.app.timers.is_registered(tick):
        bpy.app.timers.unregister(tick)
    if _task is not None:
        _task.wait()
    _task = _finished = None
    atexit.unregister(cancel)


def redraw() -> None:
    """Redraw the panels and the preferences in all windows."""
    for window in window_manager_of(bpy.context).windows:
        for area in window.screen.areas:
            if area.type in ("VIEW_3D", "PREFERENCES"):
                area.tag_redraw()
