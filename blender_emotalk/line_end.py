"""Where the keys and the sound of a line are, and whether the scene goes on until then."""

import math

import bpy

from ..inference.contract import EmoTalkError
from ..inference.sound.audio import LONGEST_SECONDS
from ..inference.sound.containers import stated_seconds
from . import line_identity, own_actions
from .keyframes import frame_rate
from .lines import performed_part
from .properties import LineProperties
from .sounds import sound_format


def frames_of(identity: str) -> tuple[int, int] | None:
    """The whole frames around the keys of the line of this identity; None if it has no keys."""
    ranges = [
        action.frame_range
        for action in bpy.data.actions
        if own_actions.is_played(action) and own_actions.line_of(action) == identity
    ]
    if not ranges:
        return None
    return math.floor(min(found[0] for found in ranges)), math.ceil(max(found[1] for found in ranges))


def last_frame(identity: str) -> int | None:
    """The frame of the last key of the line of this identity, rounded up; None if it has no keys."""
    frames = frames_of(identity)
    return frames[1] if frames else None


def sound_frames(scene: bpy.types.Scene, line: LineProperties) -> tuple[float, float]:
    """The scene frames between which a line is heard; to its last key where its sound does not say how long it is.

    Raises:
        EmoTalkError: the line has no sound, or none that says its length, and no keys.
    """
    path, packed_as, start, section = performed_part(line, scene)
    begin, seconds = section or (0.0, LONGEST_SECONDS)
    stated = 0.0 if packed_as else stated_seconds(path, sound_format(path))
    seconds = min(seconds, stated - begin) if stated else seconds
    if seconds < LONGEST_SECONDS:
        return start, start + seconds * frame_rate(scene)
    end = last_frame(line_identity.identity_of(line))
    if end is None:
        raise EmoTalkError("The sound of the line does not say how long it is; choose the scene's range")
    return start, float(end)


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
