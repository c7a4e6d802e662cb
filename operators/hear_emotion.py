"""Let a network of the animator's own hear the emotion of the line."""

import bpy

from ..blender_emotalk import batch, emotion_hearing, live, model_choice
from ..blender_emotalk.access import current_line
from ..blender_emotalk.desk import NO_LINE
from ..blender_emotalk.property_definitions import properties
from ..blender_emotalk.worker_runs import CANCELLED
from ..inference.contract import EmoTalkError
from .explained import OperatorResult
from .modal_run import ModalRun

_NO_MODEL = "Import the checkpoint of a network that hears emotions first, with Import Checkpoint in Model"


@properties(
    emotion_model=bpy.props.StringProperty(
        name="Network", description="The id of the network that hears; the first one if empty"
    )
)
class HearEmotion(ModalRun, bpy.types.Operator):
    """The Hear button below the emotions."""

    bl_idname = "emotalk.hear_emotion"
    bl_label = "Hear Emotion"
    bl_description = "Key the emotions that a network of your own hears in the voice; keys within the line are replaced"
    bl_options = {"REGISTER", "UNDO"}

    emotion_model: str

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """There must be a line with a sound and emotions, a network that hears, and no other run."""
        line = current_line(context)
        if line is None:
            return NO_LINE
        if batch.is_busy():
            return "A line is being animated; wait for it, or press Esc"
        if not (line.audio or line.strip):
            return "Choose an audio file, or use the selected sound strip"
        if not model_choice.spec_of(line).emotions:
            return "This model has no emotions; choose another one in Model"
        return "" if model_choice.emotion_models() else _NO_MODEL

    def begin(self, context: bpy.types.Context) -> emotion_hearing.HearingEmotions | None:
        """Start."""
        line = current_line(context)
        if line is None:
            return None
        models = [weights.model_id for weights in model_choice.emotion_models()]
        try:
            return emotion_hearing.start(context, line, self.emotion_model or models[0])
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return None

    def finish(self, _context: bpy.types.Context) -> OperatorResult:
        """Key what was heard."""
        run: emotion_hearing.HearingEmotions = self._work
        if run.cancelled:
            self.report({"INFO"}, CANCELLED)
            return {"CANCELLED"}
        try:
            sentence = run.write()
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        live.slider_moved()
        self.report({"INFO"}, sentence)
        return {"FINISHED"}
