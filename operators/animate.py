"""The Animate button: sound in, keys out."""

from typing import Any, Final

import bpy

from ..blender_emotalk import batch, model_choice, runs
from ..blender_emotalk.access import current_line, scene_of
from ..blender_emotalk.failures import in_one_sentence
from ..blender_emotalk.line_settings import LineSettings, controls_of
from ..blender_emotalk.lines import BUTTON, anchor_of
from ..blender_emotalk.property_definitions import properties
from ..blender_emotalk.suitability import why_no_face
from ..face.controls import LINE_CONTROLS
from ..inference.contract import EmoTalkError
from .explained import OperatorResult
from .modal_run import ModalRun

_ARGUMENTS: Final = ("audio", "strip", "line", "character", "start_frame", "model", "text", "controls")
_ONCE: Final[Any] = {"SKIP_SAVE", "HIDDEN"}
"""Arguments are not stored for the next call, and not shown in the redo panel."""

_KINDS: Final[Any] = {
    "number": bpy.props.FloatProperty,
    "whole": bpy.props.IntProperty,
    "choice": bpy.props.StringProperty,
}
"""The argument for each kind of setting; a choice is given by its name."""


@properties(
    audio=bpy.props.StringProperty(name="Audio", description="The sound file", options=_ONCE),
    strip=bpy.props.StringProperty(name="Sound Strip", description="Its name", options=_ONCE),
    line=bpy.props.StringProperty(name="Line", description="The line's name", options=_ONCE),
    character=bpy.props.StringProperty(
        name="Character", description="The name of a face or its armature", options=_ONCE
    ),
    start_frame=bpy.props.IntProperty(
        name="Start Frame", description="The frame at which the sound starts", options=_ONCE
    ),
    model=bpy.props.StringProperty(name="Model", description="Its id", options=_ONCE),
    text=bpy.props.StringProperty(name="Text", description="What is said; aligned with the sound first", options=_ONCE),
    controls=bpy.props.StringProperty(name="Controls", description="Sliders to set, as a JSON object", options=_ONCE),
    **{
        control.name: _KINDS[control.kind](name=control.label, description=control.sentence, options=_ONCE)
        for control in LINE_CONTROLS
    },
)
class Animate(ModalRun, bpy.types.Operator):
    """The Animate button."""

    bl_idname = "emotalk.animate"
    bl_label = "Animate"
    bl_description = "Make the character speak the line: works in the background, then writes keys to a separate action"
    bl_options = {"REGISTER", "UNDO"}

    # Settings of the line from a script.
    audio: str
    strip: str
    line: str
    character: str
    start_frame: int
    model: str
    text: str
    controls: str
    channel: int
    range_start: float
    range_end: float
    key_tolerance: float
    settle_time: float
    keys_on: str
    hand_edits: str

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """A run that has not ended; for the panel's button, also missing input."""
        if batch.is_busy():
            return "A line is being animated; wait for it, or press Esc"
        return (_missing(context) or _unsuitable(context)) if hasattr(context, BUTTON) else ""

    def begin(self, context: bpy.types.Context) -> runs.Run | None:
        """Set what a script has given, and start."""
        try:
            with in_one_sentence():
                line = self._settings().apply(scene_of(context))
            if missing := _missing(context):
                raise EmoTalkError(missing)
            return runs.start(context, line)
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return None

    def finish(self, context: bpy.types.Context) -> OperatorResult:
        """Write the keys."""
        run: runs.Run = self._work
        if run.cancelled:
            self.report({"INFO"}, runs.CANCELLED)
            return {"CANCELLED"}
        try:
            sentence = run.write()
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"WARNING" if run.is_hidden else "INFO"}, sentence)
        return {"FINISHED"}

    def _settings(self) -> LineSettings:
        given: dict[str, Any] = {name: getattr(self, name) for name in _ARGUMENTS if self._is_given(name)}
        if "controls" in given:
            given["controls"] = controls_of(given["controls"])
        for control in LINE_CONTROLS:
            if self._is_given(control.name):
                value = getattr(self, control.name)
                # Blender stores 0.1 as a float32, which is slightly larger.
                given[control.name] = round(value, 6) if control.kind == "number" else value
        return LineSettings(**given)

    def _is_given(self, name: str) -> bool:
        return self.properties is not None and self.properties.is_property_set(name)


def _unsuitable(context: bpy.types.Context) -> str:
    """Why the line's character cannot perform it; the tab says the same."""
    line = current_line(context)
    anchor = anchor_of(line, context)
    return why_no_face(anchor, scene_of(context), model_choice.spec_of(line).basis) if anchor else ""


def _missing(context: bpy.types.Context) -> str:
    """The missing input of the line, in the order of the panel."""
    line = current_line(context)
    if line is None or not (line.audio or line.strip):
        return "Choose an audio file, or use the selected sound strip"
    return "" if anchor_of(line, context) else "Click a character, or add the sample head"
