"""Give the line its present emotion between two frames."""

import bpy

from ..blender_emotalk import emotion_track, live
from ..blender_emotalk.access import scene_of, window_manager_of
from ..blender_emotalk.keyframes import frame_rate
from ..blender_emotalk.property_definitions import properties
from ..face.controls import EMOTION_TRANSITION
from ..inference.contract import EmoTalkError
from .explained import OperatorResult
from .line_operator import LineOperator


@properties(
    first=bpy.props.IntProperty(name="From", description="The frame at which the emotion is there"),
    last=bpy.props.IntProperty(name="To", description="The frame until which it stays"),
    transition=bpy.props.FloatProperty(
        name=f"{EMOTION_TRANSITION.label} ({EMOTION_TRANSITION.unit})",
        description=EMOTION_TRANSITION.sentence,
        default=float(EMOTION_TRANSITION.default),
        min=EMOTION_TRANSITION.minimum,
        max=EMOTION_TRANSITION.maximum,
    ),
)
class ApplyEmotion(LineOperator, bpy.types.Operator):
    """The From–To button below the emotions; it asks for the frames."""

    bl_idname = "emotalk.apply_emotion"
    bl_label = "From–To"
    bl_description = "Key the present emotion between two frames, and the earlier values before and after"
    bl_options = {"REGISTER", "UNDO"}

    first: int
    last: int
    transition: float

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> OperatorResult:
        """A second from the current frame on, unless the animator says otherwise."""
        scene = scene_of(context)
        self.first, self.last = scene.frame_current, scene.frame_current + round(frame_rate(scene))
        return window_manager_of(context).invoke_props_dialog(self)

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Four keys on every slider."""
        transition = round(self.transition * frame_rate(scene_of(context)))
        try:
            emotion_track.apply_between(self.line(context), self.first, self.last, transition)
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        live.slider_moved()
        return {"FINISHED"}
