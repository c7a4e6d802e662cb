"""One emotion with one click."""

from typing import ClassVar

import bpy

from ..blender_emotalk import live
from ..face.emotions import EMOTIONS
from .explained import ExplainedOperator


class SetEmotion(ExplainedOperator, bpy.types.Operator):
    """The eight emotion buttons."""

    bl_idname = "emotalk.set_emotion"
    bl_label = "Set Emotion"
    bl_description = "Make this the only emotion of the line; the sliders below mix several"
    bl_options: ClassVar[set[str]] = {"UNDO"}

    emotion: bpy.props.EnumProperty(name="Emotion", items=[(name, name.capitalize(), "") for name in EMOTIONS])

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Full weight to one slider, none to the others."""
        for name in EMOTIONS:
            setattr(context.scene.emotalk, name, float(name == self.emotion))
        live.slider_moved()
        return {"FINISHED"}
