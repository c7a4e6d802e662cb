"""The menu of the sound under the mouse."""

from typing import Final

import bpy

from ..blender_emotalk import desk
from ..blender_emotalk.access import desk_of, run_state
from ..blender_emotalk.timeline_tracks import line_of, shown_scene, track_at
from .explained import ExplainedOperator, OperatorResult

_MENU: Final = "EMOTALK_MT_pointed_sound"


class ShowSoundMenu(ExplainedOperator, bpy.types.Operator):
    """The right mouse button on a word or a sound in the timelines."""

    bl_idname = "emotalk.show_sound_menu"
    bl_label = "Sound"
    bl_description = "What can be done with the sound under the mouse"
    bl_options = {"INTERNAL"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> OperatorResult:
        """Show it; where there is no sound, the click is somebody else's."""
        if context.region is None:
            return {"PASS_THROUGH"}
        x, y = event.mouse_x - context.region.x, event.mouse_y - context.region.y
        track = track_at(context, x, y)
        line = line_of(track, context)
        if track is None or line is None:
            return {"PASS_THROUGH"}
        scene = shown_scene(context)
        desk_of(scene).active_index = desk.index_of(scene, line)
        run_state(context).pointed_frame = track.frame(x)
        bpy.ops.wm.call_menu(name=_MENU)
        return {"FINISHED"}

    def execute(self, _context: bpy.types.Context) -> OperatorResult:
        """Without a mouse nothing is pointed at."""
        return {"CANCELLED"}
