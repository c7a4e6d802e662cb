"""Set one emotion with one click."""

import bpy

from ..blender_emotalk import live, model_choice
from ..blender_emotalk.lines import slider_of
from ..blender_emotalk.property_definitions import properties
from ..face.controls import emotion_control
from .explained import OperatorResult
from .line_operator import LineOperator


@properties(
    emotion=bpy.props.StringProperty(name="Emotion", description="One of the model's emotions", options={"SKIP_SAVE"})
)
class SetEmotion(LineOperator, bpy.types.Operator):
    """The emotion buttons."""

    bl_idname = "emotalk.set_emotion"
    bl_label = "Set Emotion"
    bl_description = "Make this the only emotion of the line; the sliders below mix several"
    bl_options = {"UNDO"}

    emotion: str

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Full weight to one slider, none to the others."""
        line = self.line(context)
        emotions = model_choice.spec_of(line).emotions
        if self.emotion not in emotions:
            self.report({"ERROR"}, f"The model has no emotion {self.emotion!r}")
            return {"CANCELLED"}
        for name in emotions:
            owner, prop = slider_of(line, emotion_control(name))
            setattr(owner, prop, float(name == self.emotion))
        live.slider_moved()
        return {"FINISHED"}
