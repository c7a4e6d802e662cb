"""Looks at the states of the lines again after keys, strips, sliders or sounds have changed, once Blender is idle."""

from typing import Any, Final, cast

import bpy

from . import batch, line_states, own_actions, runs, slider_messages
from .access import desk_of

_SECONDS: Final = 0.3
_SECONDS_BETWEEN_LOOKS: Final = 0.01
_following: batch.Batch | None = None
_owner: Final = object()
_changed: Final[set[int]] = set()


def watch() -> None:
    """Begin; in this file and in those opened later."""
    slider_messages.subscribe(_owner, look_later)
    bpy.app.handlers.depsgraph_update_post.append(_notice)
    bpy.app.handlers.frame_change_post.append(_notice_keys)
    for handlers in _jumps():
        handlers.append(_notice_jump)


def unwatch() -> None:
    """End."""
    bpy.msgbus.clear_by_owner(_owner)
    bpy.app.handlers.depsgraph_update_post.remove(_notice)
    bpy.app.handlers.frame_change_post.remove(_notice_keys)
    for handlers in _jumps():
        handlers.remove(_notice_jump)
    if bpy.app.timers.is_registered(look):
        bpy.app.timers.unregister(look)


def _jumps() -> tuple[Any, ...]:
    return bpy.app.handlers.undo_post, bpy.app.handlers.redo_post


@bpy.app.handlers.persistent
def _notice(scene: bpy.types.Scene, graph: bpy.types.Depsgraph) -> None:
    """Remember what has changed: called after every change, so it has to be quick."""
    _notice_keys(scene, graph)
    if any(isinstance(cast(bpy.types.ID, update.id).original, bpy.types.Scene) for update in graph.updates):
        look_later()


@bpy.app.handlers.persistent
def _notice_keys(_scene: bpy.types.Scene, graph: bpy.types.Depsgraph) -> None:
    """The same for keys alone: a change of the frame may be the first to evaluate them."""
    for update in graph.updates:
        changed: Any = cast(bpy.types.ID, update.id).original
        if isinstance(changed, bpy.types.Action) and own_actions.line_of(changed) is not None:
            _changed.add(changed.session_uid)
            look_later()


@bpy.app.handlers.persistent
def _notice_jump(*_scenes: Any) -> None:
    """After an undo everything may be different."""
    _changed.update(action.session_uid for action in bpy.data.actions)
    look_later()


def look_later() -> None:
    """Look soon; several changes are looked at once."""
    if not bpy.app.background and not bpy.app.timers.is_registered(look):
        bpy.app.timers.register(look, first_interval=_SECONDS)


def look() -> float | None:
    """Timer callback: look at the lines of all scenes, unless a line is being animated.

    Lines whose strips have moved are animated again, if the animator wants that. This makes no undo step: an undo takes
    back the step in which the strip was moved, and the keys with it.
    """
    global _following
    if _following is not None:
        if not _following.look():
            return _SECONDS_BETWEEN_LOOKS
        runs.show(_following.sentence(), failed=any(result.is_bad for result in _following.results))
        _following = None
    if batch.is_busy():
        return _SECONDS
    moved = []
    for scene in bpy.data.scenes:
        desk = desk_of(scene)
        if len(desk.lines):
            line_states.refresh(scene, _changed)
        if desk.follows_strips:
            stale = (line for line in desk.lines if line.state == line_states.STALE)
            moved += [batch.job_of(line, scene) for line in stale if line_states.has_only_moved(line, scene)]
    _changed.clear()
    if not moved:
        return None
    _following = batch.Batch(moved)
    return _SECONDS_BETWEEN_LOOKS
