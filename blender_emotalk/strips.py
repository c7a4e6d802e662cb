"""Sound strips of the Video Sequencer, whose API names differ between Blender versions."""

from typing import Any, Final

import bpy

from ..inference.contract import EmoTalkError
from .access import scene_of
from .keyframes import frame_rate

_NEW_NAMES: Final = bpy.app.version >= (5, 1, 0)
_CONTENT_START, _LEFT, _RIGHT = (
    ("content_start", "left_handle", "right_handle")
    if _NEW_NAMES
    else ("frame_start", "frame_final_start", "frame_final_end")
)


def all_strips(scene: bpy.types.Scene) -> tuple[Any, ...]:
    """Every strip in a scene's sequencer, including those in meta strips."""
    editor: Any = scene.sequence_editor
    if editor is None:
        return ()
    return tuple(editor.strips_all if hasattr(editor, "strips_all") else editor.sequences_all)


def sequencer_scene(context: bpy.types.Context) -> bpy.types.Scene:
    """The scene in the animator's sequencer: in Blender 5 it can differ from the active scene of the workspace."""
    shown: bpy.types.Scene | None = getattr(context.workspace, "sequencer_scene", None)
    return shown or scene_of(context)


def active_sound_strip(context: bpy.types.Context) -> Any | None:
    """The active sound strip, else the first selected one, else None."""
    scene = sequencer_scene(context)
    active = scene.sequence_editor and scene.sequence_editor.active_strip
    candidates = [active, *(strip for strip in all_strips(scene) if strip.select)]
    return next((strip for strip in candidates if strip is not None and strip.type == "SOUND"), None)


def find_sound_strip(scene: bpy.types.Scene, name: str) -> Any:
    """The sound strip of this name.

    Raises:
        EmoTalkError: there is none, it has no sound, or its speed was changed.
    """
    strip = next((strip for strip in all_strips(scene) if strip.name == name and strip.type == "SOUND"), None)
    if strip is None:
        raise EmoTalkError(f"There is no sound strip {name!r} any more; choose the line's sound again")
    if strip.sound is None:
        raise EmoTalkError(f"The strip {name!r} has no sound; choose another one")
    if len(getattr(strip, "retiming_keys", ())):
        raise EmoTalkError(f"The speed of strip {name!r} was changed; render it to a WAV file and use that")
    return strip


def metas_of(strip: Any) -> tuple[Any, ...]:
    """The meta strips that a strip is in, the innermost first."""
    meta = strip.parent_meta()
    return () if meta is None else (meta, *metas_of(meta))


def is_muted(strip: Any, scene: bpy.types.Scene) -> bool:
    """Whether a strip is silent: it, its channel, or a meta strip that it is in is muted."""
    for one in (strip, *metas_of(strip)):
        owner: Any = one.parent_meta() or scene.sequence_editor
        if one.mute or owner.channels[one.channel].mute:
            return True
    return False


def channel_name(strip: Any, scene: bpy.types.Scene) -> str:
    """What the animator calls the strip's channel; that of the outermost meta strip if it is in one."""
    outermost = (strip, *metas_of(strip))[-1]
    editor: Any = scene.sequence_editor
    return str(editor.channels[outermost.channel].name)


def edges(strip: Any) -> tuple[float, float]:
    """The scene frames at which a strip begins and ends, handles and all."""
    return getattr(strip, _LEFT), getattr(strip, _RIGHT)


def is_shown(strip: Any, scene: bpy.types.Scene) -> bool:
    """Whether the Sequencer draws a strip itself: not if it lies in a meta strip that is closed."""
    editor: Any = scene.sequence_editor
    opened = editor.meta_stack[-1] if len(editor.meta_stack) else None
    return bool(strip.parent_meta() == opened)


def audible_section(strip: Any, scene: bpy.types.Scene) -> tuple[float, tuple[float, float]]:
    """The timing of a strip and the audible part of its sound.

    Returns:
        The scene frame at which the sound begins, and the start and the duration in its file in seconds. A strip that
        begins before its sound is silent until then. A meta strip hides what its handles cut off.
    """
    fps = frame_rate(scene)
    left, right = getattr(strip, _LEFT), getattr(strip, _RIGHT)
    for meta in metas_of(strip):
        left, right = max(left, getattr(meta, _LEFT)), min(right, getattr(meta, _RIGHT))
    right = max(left, right)
    first = (left - getattr(strip, _CONTENT_START)) / fps + getattr(strip, "sound_offset", 0.0)
    silence = max(-first, 0.0)
    return left + silence * fps, (max(first, 0.0), (right - left) / fps - silence)


def add_sound_strip(scene: bpy.types.Scene, name: str, path: str, frame: int) -> Any:
    """Place a sound file on the lowest channel that is free from this frame on."""
    editor: Any = scene.sequence_editor or scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    taken = {strip.channel for strip in strips if getattr(strip, _RIGHT) > frame}
    channel = next(number for number in range(1, len(taken) + 2) if number not in taken)
    return strips.new_sound(name, path, channel, frame)


def remove_strips(scene: bpy.types.Scene, mark: str) -> None:
    """Remove the strips that have a property of this name."""
    editor: Any = scene.sequence_editor
    if editor is None:
        return
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    for strip in [strip for strip in strips if mark in strip]:
        strips.remove(strip)
