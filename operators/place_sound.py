"""Hear the line where it is performed."""

from pathlib import Path
from typing import ClassVar

import bpy

from ..blender_emotalk.lines import line_name
from ..blender_emotalk.sounds import sound_format
from ..blender_emotalk.strips import add_sound_strip
from ..inference.contract import EmoTalkError
from .explained import ExplainedOperator


class PlaceSound(ExplainedOperator, bpy.types.Operator):
    """The Place Sound button."""

    bl_idname = "emotalk.place_sound"
    bl_label = "Place Sound on Timeline"
    bl_description = "Add the sound to the Video Sequencer at the start frame, so that playback lets you hear it"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Only a file can be placed."""
        line = context.scene.emotalk
        if line.strip:
            return "The line is on the timeline already"
        return "" if line.audio else "Choose an audio file first"

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Add the strip and let the line follow it from now on."""
        scene = context.scene
        line = scene.emotalk
        try:
            path = Path(bpy.path.abspath(line.audio))
            sound_format(path)
            strip = add_sound_strip(scene, line_name(line), str(path), line.start_frame)
        except (EmoTalkError, RuntimeError) as error:
            self.report({"ERROR"}, str(error).removeprefix("Error: "))
            return {"CANCELLED"}
        line.strip, line.name = strip.name, line_name(line)
        return {"FINISHED"}
