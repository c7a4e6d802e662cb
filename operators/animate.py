"""The button: sound in, keys out."""

import time
from typing import Final

import bpy

from ..blender_emotalk import runs
from ..blender_emotalk.access import current_line, window_manager_of
from ..blender_emotalk.lines import anchor_of
from ..inference.contract import EmoTalkError
from .explained import ExplainedOperator, OperatorResult

_SECONDS_BETWEEN_LOOKS: Final = 0.05


class Animate(ExplainedOperator, bpy.types.Operator):
    """The Animate button."""

    bl_idname = "emotalk.animate"
    bl_label = "Animate"
    bl_description = (
        "Let the character speak the line: works in the background, then writes keys in an action of their own"
    )
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """What is missing, in the order in which the panel asks for it."""
        line = current_line(context)
        if runs.is_running():
            return "A line is being animated; wait for it, or press Esc"
        if not (line.audio or line.strip):
            return "Choose an audio file, or use the selected sound strip"
        return "" if anchor_of(line, context) else "Click a character, or add the sample head"

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> OperatorResult:
        """Start in the background; ``modal`` goes on."""
        if not self._start(context):
            return {"CANCELLED"}
        manager = window_manager_of(context)
        self._timer = manager.event_timer_add(_SECONDS_BETWEEN_LOOKS, window=context.window)
        manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> OperatorResult:
        """Look at the worker now and then; everything else stays usable meanwhile."""
        if event.type == "ESC" and event.value == "PRESS":
            self._run.cancel()
        elif event.type != "TIMER":
            return {"PASS_THROUGH"}
        if not self._run.look():
            return {"PASS_THROUGH"}
        window_manager_of(context).event_timer_remove(self._timer)
        return self._finish()

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """The same, waiting for the result: for scripts, the command line and background Blender."""
        if not self._start(context):
            return {"CANCELLED"}
        while not self._run.look():
            time.sleep(_SECONDS_BETWEEN_LOOKS / 5)
        return self._finish()

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender ends the operator: another file is opened, or the window is closed."""
        self._run.cancel()

    def _start(self, context: bpy.types.Context) -> bool:
        try:
            self._run = runs.start(context)
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return False
        return True

    def _finish(self) -> OperatorResult:
        if self._run.cancelled:
            self.report({"INFO"}, "Cancelled; nothing was changed")
            return {"CANCELLED"}
        try:
            sentence = self._run.write()
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, sentence)
        return {"FINISHED"}
