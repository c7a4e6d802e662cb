"""Let a network of the animator's own hear the emotion of the line."""

import bpy

from ..blender_emotalk import emotion_hearing, live, model_choice
from ..blender_emotalk.access import current_line
from ..blender_emotalk.properties import LineProperties
from ..blender_emotalk.property_definitions import properties
from .listening_operator import ListeningOperator

_NO_MODEL = "Import the checkpoint of a network that hears emotions first, with Import Checkpoint in Model"


@properties(
    emotion_model=bpy.props.StringProperty(
        name="Network", description="The id of the network that hears; the first one if empty"
    )
)
class HearEmotion(ListeningOperator, bpy.types.Operator):
    """The Hear button below the emotions."""

    bl_idname = "emotalk.hear_emotion"
    bl_label = "Hear Emotion"
    bl_description = "Key the emotions that a network of your own hears in the voice; keys within the line are replaced"
    bl_options = {"REGISTER", "UNDO"}

    emotion_model: str

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """The line's model must have emotions, and there must be a network that hears them."""
        if reason := super().disabled_reason(context):
            return reason
        if not model_choice.spec_of(current_line(context)).emotions:
            return "This model has no emotions; choose another one in Model"
        return "" if model_choice.emotion_models() else _NO_MODEL

    def listen(self, context: bpy.types.Context, line: LineProperties) -> emotion_hearing.HearingEmotions:
        """Start to hear."""
        models = [weights.model_id for weights in model_choice.emotion_models()]
        return emotion_hearing.start(context, line, self.emotion_model or models[0])

    def stored(self) -> None:
        """Perform the line again, if Live is on."""
        live.slider_moved()
