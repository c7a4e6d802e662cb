"""Operators that edit the sounds of a line."""

from typing import Any, Final

import bpy

from ..blender_emotalk import alignments, batch
from ..blender_emotalk.access import active_line
from ..blender_emotalk.desk import NO_LINE
from ..blender_emotalk.failures import in_one_sentence
from ..blender_emotalk.properties import LineProperties
from ..blender_emotalk.sound_edits import SoundEdit
from ..blender_emotalk.timeline_tracks import shown_scene
from ..blender_emotalk.timelines import redraw
from ..blender_emotalk.worker_runs import BUSY
from ..face.alignment import Alignment
from ..inference.contract import EmoTalkError
from .explained import ExplainedOperator, OperatorResult

FRAME: Final[Any] = bpy.props.FloatProperty(
    name="Frame", description="The scene frame of the sound; the playhead if it is not given", options={"SKIP_SAVE"}
)


class SoundOperator(ExplainedOperator):
    """Base of such operators; what they do to the sounds is ``edited``."""

    frame: float

    @staticmethod
    def active(context: bpy.types.Context) -> LineProperties | None:
        """The active line of the scene that the editor shows."""
        return active_line(shown_scene(context))

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """There must be a line with sounds that belong to it."""
        scene, line = shown_scene(context), cls.active(context)
        if line is None:
            return NO_LINE
        return BUSY if batch.is_busy() else alignments.why_unusable(line, scene)

    def edited(self, sounds: Alignment, seconds: float, line: LineProperties) -> Alignment:
        """The sounds after the edit.

        Args:
            sounds: before it.
            seconds: the moment on the line that is meant.
            line: whose sounds they are.

        Raises:
            EmoTalkError: it is not possible there; the message is the reason.
        """
        raise NotImplementedError

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Edit the sounds, and perform the stretch."""
        scene, line = shown_scene(context), self.active(context)
        if line is None:
            return {"CANCELLED"}
        try:
            with in_one_sentence():
                frame = self.frame if self.is_given("frame") else scene.frame_current_final
                edit = SoundEdit(context, line)
                edit.set(self.edited(edit.before, alignments.seconds_at(line, scene, frame), line))
                sentence = edit.keep()
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        finally:
            redraw()
        self.report({"INFO"}, sentence)
        return {"FINISHED"}

    def is_given(self, name: str) -> bool:
        """Whether a script or a menu has set an argument."""
        return self.properties is not None and self.properties.is_property_set(name)
