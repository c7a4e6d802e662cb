"""Live: animates the line again after every change of a slider. It is fast: the worker caches the encoded sound."""

from typing import Final

import bpy

from ..inference.contract import EmoTalkError
from . import batch, line_states, runs, slider_messages
from .access import current_line, scene_of

_SECONDS_BETWEEN_LOOKS: Final = 0.01
_HASTE: Final = 0.15
"""Seconds after the start of a run in which it is watched closely: so long a tweak takes, if nothing is encoded."""
_MOMENT: Final = 0.004
"""Seconds that a look may take meanwhile; the window stays fluent."""
_REST: Final = 0.25
"""Seconds after the last keys in which nothing moves, before they are sealed and looked at."""
_owner: Final = object()
_run: runs.Run | None = None
_draft: runs.Run | None = None
_changed_again = False


def watch() -> None:
    """Subscribe to changes of sliders and of the model, in this file and in those opened later."""
    slider_messages.subscribe(_owner, slider_moved)


def unwatch() -> None:
    """Unsubscribe."""
    bpy.msgbus.clear_by_owner(_owner)
    if bpy.app.timers.is_registered(tick):
        bpy.app.timers.unregister(tick)


def slider_moved() -> None:
    """Animate the line again soon, if Live is on."""
    global _changed_again
    line = current_line(bpy.context)
    if line is None or not line.live:
        return
    _changed_again = True
    if not bpy.app.timers.is_registered(tick):
        bpy.app.timers.register(tick, first_interval=0)


def after_undo() -> None:
    """Bring the keys up to date with the sliders of an undo step, which Blender made before Live had written."""
    line = current_line(bpy.context)
    if line is not None and line.live and line_states.is_behind(line, scene_of(bpy.context)):
        slider_moved()


def tick() -> float | None:
    """Timer callback that checks the run: seconds until the next call, or None when all changes are on the face."""
    global _run, _changed_again, _draft
    if _run is not None and _run.age < _HASTE:
        _run.pause(_MOMENT)
    if _run is not None and (_run.cancelled or _run.look()):
        run, _run = _run, None
        _draft = run if _is_written(run, is_draft=True) else None
    if _run is None and _changed_again and not batch.is_busy():
        _changed_again = False
        _run = _start()
    if _run is not None or _changed_again:
        return 0.0 if _run is not None and _run.age < _HASTE else _SECONDS_BETWEEN_LOOKS
    if _draft is None:
        return None
    rest = _REST - _draft.seconds_since_written
    if rest > 0:
        return rest
    run, _draft = _draft, None
    _is_written(run, is_draft=False)
    return None


def _start() -> runs.Run | None:
    """Switch Live off after a failure; the panel shows the reason once."""
    try:
        return runs.start(bpy.context, quiet=True)
    except EmoTalkError:
        _switch_off()
        return None


def _is_written(run: runs.Run, is_draft: bool) -> bool:
    if run.cancelled:
        return False
    try:
        run.write(is_draft)
    except EmoTalkError:
        _switch_off()
        return False
    return True


def _switch_off() -> None:
    line = current_line(bpy.context)
    if line is not None:
        line.live = False
