"""The one task in the background that is no performance, a set-up or an import, and the timer that watches it."""

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
        name: what the panels call it.
        work: runs in a thread and must not touch Blender's data.
        finished: called in Blender's own thread at the end, however it ended.

    Raises:
        EmoTalkError: another one is at work.
    """
    global _task, _finished
    if (busy := at_work()) is not None:
        raise EmoTalkError(f"{busy.name} is at work; wait for it, or cancel it")
    _task, _finished = BackgroundTask(name, work), finished
    atexit.register(cancel)
    # Without a window there are no timers: who starts a task there waits for it.
    bpy.app.timers.register(tick, first_interval=0, persistent=True)
    return _task


def latest() -> BackgroundTask | None:
    """The task at work, or the last one, for its result."""
    return _task


def at_work() -> BackgroundTask | None:
    """The task that is at work, or has ended and was not dealt with yet."""
    return _task if _finished is not None else None


def is_busy() -> bool:
    """Whether a task is at work or its end not yet dealt with."""
    return _finished is not None


def tick() -> float | None:
    """One look at the task, as a timer: seconds until the next one, or None when it is over."""
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
    """Stay until the task is over. Raises EmoTalkError where it failed."""
    if _task is None:
        return
    _task.wait()
    tick()
    if _task.failure:
        raise EmoTalkError(_task.failure)


def cancel() -> None:
    """Stop the task, if there is one, and the programs that it runs."""
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
    """Have the panels and the preferences drawn again, wherever they are open."""
    for window in window_manager_of(bpy.context).windows:
        for area in window.screen.areas:
            if area.type in ("VIEW_3D", "PREFERENCES"):
                area.tag_redraw()
