"""Key the line's emotion at the current frame."""

import bpy

from ..blender_emotalk import emotion_track, live
from ..blender_emotalk.access import scene_of
from ..inference.contract import EmoTalkError
from .explained import OperatorResult
from .line_operator import LineOperator


class KeyEmotion(LineOperator, bpy.types.Operator):
    """The button below the emotions."""

    bl_idname = "emotalk.key_emotion"
    bl_label = "Key Emotion"
    bl_description = "Key all emotions of the line and their intensity at the current frame"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """One key on every slider."""
        frame = scene_of(context).frame_current
        try:
            count = emotion_track.key_emotion(self.line(context), frame)
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, f"{count} sliders keyed at frame {frame}")
        live.slider_moved()
        return {"FINISHED"}
