"""Use the selected sound strip of the Video Sequencer as the line."""

import bpy

from ..blender_emotalk.access import scene_of
from ..blender_emotalk.desk import line_to_set
from ..blender_emotalk.line_identity import free_name
from ..blender_emotalk.strips import active_sound_strip, find_sound_strip, sequencer_scene
from ..inference.contract import EmoTalkError
from .explained import ExplainedOperator, OperatorResult


class UseSoundStrip(ExplainedOperator, bpy.types.Operator):
    """The Use Strip button."""

    bl_idname = "emotalk.use_sound_strip"
    bl_label = "Use Sound Strip"
    bl_description = "Animate to the selected sound strip, trimmed and placed as it is on the timeline"
    bl_options = {"UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """A strip must be selected in the sequencer of this scene."""
        if sequencer_scene(context) != context.scene:
            return "The sequencer shows another scene; show this one there, or choose the audio file"
        return "" if active_sound_strip(context) else "Select a sound strip in the Video Sequencer"

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Store the strip's name: it may be moved and trimmed later."""
        strip = active_sound_strip(context)
        if strip is None:
            return {"CANCELLED"}
        try:
            find_sound_strip(scene_of(context), strip.name)
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        line = line_to_set(scene_of(context))
        if line.strip != strip.name:
            line.strip, line.name = strip.name, free_name(line, strip.name)
        return {"FINISHED"}
