"""Where a line ends, and whether the scene goes on until then."""

import math

import bpy

from . import line_identity, own_actions
from .properties import LineProperties


def last_frame(identity: str) -> int | None:
    """The frame of the last key of the line of this identity, rounded up; None if it has no keys."""
    ends = [
        action.frame_range[1]
        for action in bpy.data.actions
        if own_actions.is_played(action) and own_actions.line_of(action) == identity
    ]
    return math.ceil(max(ends)) if ends else None


def why_not_extend(scene: bpy.types.Scene, line: LineProperties | None) -> str:
    """Why a scene need not be longer for a line, as a sentence; empty if it ends too early. Quick."""
    end = last_frame(line_identity.identity_of(line)) if line else None
    if end is None:
        return "The line has no keys yet; animate it first"
    return "" if end > scene.frame_end else "The line ends within the scene"


def remark_on(scene: bpy.types.Scene, identity: str) -> tuple[str, ...]:
    """A sentence if a line ends after the last frame of its scene; else nothing."""
    end = last_frame(identity)
    if end is None or end <= scene.frame_end:
        return ()
    return (f"The line ends at frame {end}, after the scene's last frame {scene.frame_end}; Extend Scene changes that",)
