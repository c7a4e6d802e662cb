"""One emotion with one click."""

from typing import ClassVar

import bpy

from ..blender_emotalk import live, model_choice
from ..blender_emotalk.lines import slider_of
from ..face.controls import emotion_control
from .explained import ExplainedOperator


class SetEmotion(ExplainedOperator, bpy.types.Operator):
    """The emotion buttons."""

    bl_idname = "emotalk.set_emotion"
    bl_label = "Set Emotion"
    bl_description = "Make this the only emotion of the line; the sliders below mix several"
    bl_options: ClassVar[set[str]] = {"UNDO"}

    emotion: bpy.props.StringProperty(name="Emotion", description="One that the model knows", options={"SKIP_SAVE"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Full weight to one slider, none to the others."""
        line = context.scene.emotalk
        emotions = model_choice.spec_of(line).emotions
        if self.emotion not in emotions:
            self.report({"ERROR"}, f"The model does not know the emotion {self.emotion!r}")
            return {"CANCELLED"}
        for name in emotions:
            owner, prop = slider_of(line, emotion_control(name))
            setattr(owner, prop, float(name == self.emotion))
        live.slider_moved()
        return {"FINISHED"}
