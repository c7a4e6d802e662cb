"""Place the line's sound in the Video Sequencer."""

from pathlib import Path

import bpy

from ..blender_emotalk import line_states
from ..blender_emotalk.access import current_line, scene_of
from ..blender_emotalk.desk import NO_LINE
from ..blender_emotalk.line_identity import line_name
from ..blender_emotalk.sounds import sound_format
from ..blender_emotalk.strips import add_sound_strip
from ..inference.contract import EmoTalkError
from .explained import OperatorResult
from .line_operator import LineOperator


class PlaceSound(LineOperator, bpy.types.Operator):
    """The Place Sound button."""

    bl_idname = "emotalk.place_sound"
    bl_label = "Place Sound on Timeline"
    bl_description = "Add the sound to the Video Sequencer at the start frame, so that you hear it in playback"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Only a file can be placed."""
        line = current_line(context)
        if line is None:
            return NO_LINE
        if line.strip:
            return "The line is on the timeline already"
        return "" if line.audio else "Choose an audio file first"

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Add the strip; from now on the line follows it."""
        scene = scene_of(context)
        line = self.line(context)
        try:
            path = Path(bpy.path.abspath(line.audio))
            sound_format(path)
            strip = add_sound_strip(scene, line_name(line), str(path), line.start_frame)
        except (EmoTalkError, RuntimeError) as error:
            self.report({"ERROR"}, str(error).removeprefix("Error: "))
            return {"CANCELLED"}
        with line_states.same_sound(line, scene):
            line.strip, line.name = strip.name, line_name(line)
        return {"FINISHED"}
