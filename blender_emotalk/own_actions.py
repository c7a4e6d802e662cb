"""Distinguishes our actions from the animator's, and unchanged actions of ours from edited ones."""

import hashlib
from typing import Final

import bpy
import numpy as np

from .actions import all_curves

_LINE: Final = "emotalk_line"
_SEAL: Final = "emotalk_seal"
_FADE: Final = "emotalk_fade"
_DECIMALS: Final = 3
"""Blender moves handles slightly when it evaluates a curve; smaller changes are not edits."""


def new_action(line: str, fade: float = 0.0) -> bpy.types.Action:
    """An empty action that is marked as ours, under any name.

    Args:
        line: that it performs.
        fade: scene frames at either end in which the face comes out of rest or goes back to it.
    """
    action = bpy.data.actions.new("EmoTalk")
    action[_LINE], action[_FADE] = line, fade
    return action


def fade_of(action: bpy.types.Action) -> float:
    """The frames at either end of one of our actions in which the face settles."""
    return float(action.get(_FADE, 0.0))


def line_of(action: bpy.types.Action | None) -> str | None:
    """The line of one of our actions; None for other actions."""
    return action.get(_LINE) if action else None


def seal(action: bpy.types.Action) -> None:
    """Store the keys as we wrote them."""
    action[_SEAL] = _fingerprint(action)


def dispose(action: bpy.types.Action) -> None:
    """Remove an unused action of ours; if the animator has edited it, it is kept, unused."""
    if action.users:
        return
    if action.get(_SEAL) == _fingerprint(action):
        bpy.data.actions.remove(action)
        return
    for mark in (_LINE, _SEAL, _FADE):
        action.pop(mark, None)
    action.name += " (edited)"
    action.use_fake_user = True


def _fingerprint(action: bpy.types.Action) -> str:
    state = hashlib.blake2b(digest_size=16)
    for curve in all_curves(action):
        state.update(f"{curve.data_path}[{curve.array_index}]".encode())
        for attribute in ("co", "handle_left", "handle_right"):
            numbers = np.empty(2 * len(curve.keyframe_points), np.float32)
            curve.keyframe_points.foreach_get(attribute, numbers)
            state.update((np.round(numbers, _DECIMALS) + np.float32(0)).tobytes())
    return state.hexdigest()
