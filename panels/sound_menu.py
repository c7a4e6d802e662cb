"""The menus of a sound: the one under the mouse, or the one at the playhead."""

from collections.abc import Callable

import bpy

from ..blender_emotalk import alignments
from ..blender_emotalk.access import active_line, run_state
from ..blender_emotalk.timeline_tracks import shown_scene
from ..blender_emotalk.timelines import EDITORS
from ..face.alignment import Alignment
from ..face.alignment_edits import delete_sound, insert_closure, sound_at, split_sound, word_at, word_limits
from ..inference.contract import EmoTalkError
from .drawn import Drawn

_CLOSURES = ("M", "B", "P")


class SoundMenu(Drawn, bpy.types.Menu):
    """In the context menus of the timelines, and in the panel."""

    bl_idname = "EMOTALK_MT_sound"
    bl_label = "Sound at the Playhead"

    def draw(self, context: bpy.types.Context) -> None:
        """For the current frame."""
        draw_sound_entries(self.layout, context, shown_scene(context).frame_current_final)


class PointedSoundMenu(Drawn, bpy.types.Menu):
    """The menu of the sound under the mouse."""

    bl_idname = "EMOTALK_MT_pointed_sound"
    bl_label = "Sound"

    def draw(self, context: bpy.types.Context) -> None:
        """For the frame under the mouse."""
        draw_sound_entries(self.layout, context, run_state(context).pointed_frame)


def draw_in_context_menu(menu: bpy.types.Menu, context: bpy.types.Context) -> None:
    """Offer the menu where the active line has sounds."""
    line = active_line(shown_scene(context))
    if line is not None and line.alignment and menu.layout is not None:
        menu.layout.separator()
        menu.layout.menu(SoundMenu.bl_idname, icon="SOUND")


def draw_sound_entries(layout: bpy.types.UILayout, context: bpy.types.Context, frame: float) -> None:
    """What can be done with the sound at a frame; for what cannot, the reason."""
    scene = shown_scene(context)
    line = active_line(scene)
    if line is None:
        return
    try:
        sounds, seconds = alignments.alignment_of(line, scene), alignments.seconds_at(line, scene, frame)
        number = sound_at(sounds, seconds)
    except EmoTalkError as error:
        layout.label(text=str(error), icon="INFO")
        return
    layout.label(text=described(sounds, number))
    layout.operator_context = "INVOKE_REGION_WIN"
    layout.operator("emotalk.change_sound", icon="GREASEPENCIL").frame = frame
    _draw_entry(layout, "emotalk.split_sound", frame, lambda: split_sound(sounds, number, seconds))
    _draw_entry(layout, "emotalk.delete_sound", frame, lambda: delete_sound(sounds, number))
    layout.separator()
    try:
        insert_closure(sounds, seconds)
    except EmoTalkError as error:
        layout.label(text=str(error), icon="INFO")
    else:
        for name in _CLOSURES:
            entry = layout.operator("emotalk.insert_closure", text=f"Insert {name}")
            entry.frame, entry.sound = frame, name
    if sounds.words and context.area is not None and context.area.type in EDITORS:
        layout.separator()
        _draw_entry(layout, "emotalk.move_word", frame, lambda: word_limits(sounds, word_at(sounds, seconds)))
    layout.separator()
    layout.operator("emotalk.reset_sounds", icon="LOOP_BACK")


def described(sounds: Alignment, number: int) -> str:
    """A sound in words: its name, its word and how long it is."""
    phone = sounds.phones[number]
    name = "Silence" if phone.name == "SIL" else phone.name
    middle = (phone.start + phone.end) / 2
    word = next((word.text for word in sounds.words if word.start <= middle < word.end), "")
    part = f" of “{word}”" if word else ""
    return f"{name}{part}, {1000 * (phone.end - phone.start):.0f} ms"


def _draw_entry(layout: bpy.types.UILayout, name: str, frame: float, attempt: Callable[[], object]) -> None:
    """A button, or the reason why it would do nothing."""
    try:
        attempt()
    except EmoTalkError as error:
        layout.label(text=str(error), icon="INFO")
        return
    layout.operator(name).frame = frame
