"""The base of operators that move sounds with the mouse while the mouth follows."""

from typing import Any, Final

import bpy

from ..blender_emotalk import alignments, desk
from ..blender_emotalk.access import desk_of, window_manager_of
from ..blender_emotalk.failures import in_one_sentence
from ..blender_emotalk.properties import LineProperties
from ..blender_emotalk.sound_edits import SoundEdit
from ..blender_emotalk.timeline_tracks import Track, line_of, shown_scene, track_at
from ..blender_emotalk.timelines import redraw
from ..face.alignment import Alignment
from ..inference.contract import EmoTalkError
from .explained import OperatorResult
from .sound_operator import SoundOperator

TO_FRAME: Final[Any] = bpy.props.FloatProperty(
    name="To Frame", description="The scene frame to which it is moved", options={"SKIP_SAVE"}
)
_SECONDS_BETWEEN_LOOKS: Final = 0.02


class SoundDrag(SoundOperator):
    """Base of such operators: they move what is at ``frame`` to ``to_frame``, or wherever the mouse goes."""

    to_frame: float

    _edit: SoundEdit | None = None
    _timer: bpy.types.Timer | None = None
    _track: Track
    _is_moved = False

    def moved(self, sounds: Alignment, start: float, end: float) -> Alignment:
        """The sounds with what is at one second of the line moved to another.

        Raises:
            EmoTalkError: there is nothing that can be moved.
        """
        raise NotImplementedError

    def held_at(self, track: Track, x: float) -> float | None:
        """The scene frame of what is under the mouse and can be moved; None if there is nothing."""
        raise NotImplementedError

    def edited(self, sounds: Alignment, seconds: float, line: LineProperties) -> Alignment:
        """Moved."""
        if not self.is_given("to_frame"):
            raise EmoTalkError("Drag it in the Sequencer or in the Dope Sheet; a script gives to_frame")
        scene = line.id_data
        if not isinstance(scene, bpy.types.Scene):
            raise EmoTalkError(desk.NO_LINE)
        return self.moved(sounds, seconds, alignments.seconds_at(line, scene, self.to_frame))

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> OperatorResult:
        """Take hold of what is under the mouse; where there is nothing, the click is somebody else's."""
        if context.region is None:
            return {"PASS_THROUGH"}
        x, y = event.mouse_x - context.region.x, event.mouse_y - context.region.y
        track = track_at(context, x, y)
        line = line_of(track, context)
        held = None if track is None else self.held_at(track, x)
        if track is None or line is None or held is None:
            return {"PASS_THROUGH"}
        try:
            with in_one_sentence():
                self._edit = SoundEdit(context, line)
        except EmoTalkError as error:
            self.report({"WARNING"}, str(error))
            return {"CANCELLED"}
        scene = shown_scene(context)
        desk_of(scene).active_index = desk.index_of(scene, line)
        self._track, self._is_moved, self.frame = track, False, held
        self.listen(context)
        return {"RUNNING_MODAL"}

    def listen(self, context: bpy.types.Context) -> None:
        """Take the events from now on, and a timer's."""
        manager = window_manager_of(context)
        self._timer = manager.event_timer_add(_SECONDS_BETWEEN_LOOKS, window=context.window)
        manager.modal_handler_add(self)

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> OperatorResult:
        """Follow the mouse; Ctrl snaps to whole frames, Esc and the right button leave everything as it was."""
        edit = self._edit
        if edit is None or context.region is None:
            return {"CANCELLED"}
        try:
            with in_one_sentence():
                if event.type == "MOUSEMOVE":
                    self._follow(event.mouse_x - context.region.x, event.ctrl)
                elif event.type in ("ESC", "RIGHTMOUSE") or (event.type == "LEFTMOUSE" and not self._is_moved):
                    edit.cancel()
                    return self._end(context, {"CANCELLED"})
                elif event.type in ("LEFTMOUSE", "RET", "NUMPAD_ENTER"):
                    self.report({"INFO"}, edit.keep())
                    return self._end(context, {"FINISHED"})
                edit.look()
        except EmoTalkError as error:
            edit.cancel()
            self.report({"ERROR"}, str(error))
            return self._end(context, {"CANCELLED"})
        return {"RUNNING_MODAL"}

    def cancel(self, context: bpy.types.Context) -> None:
        """Called when Blender ends the operator."""
        if self._edit is not None:
            self._edit.cancel()
        self._end(context, {"CANCELLED"})

    def _follow(self, x: float, snaps: bool) -> None:
        track, edit = self._track, self._edit
        if edit is None:
            return
        self.to_frame = round(track.frame(x)) if snaps else track.frame(x)
        self._is_moved = True
        start, end = ((frame - track.start) / track.rate for frame in (self.frame, self.to_frame))
        edit.set(self.moved(edit.before, start, end))
        redraw()
        _say(f"{end:.2f} s, frame {self.to_frame:.1f}.  Ctrl: whole frames, Esc: leave as it was")

    def _end(self, context: bpy.types.Context, result: OperatorResult) -> OperatorResult:
        if self._timer is not None:
            window_manager_of(context).event_timer_remove(self._timer)
        self._timer = self._edit = None
        _say(None)
        redraw()
        return result


def _say(text: str | None) -> None:
    """Show a text in the status bar; None for what Blender shows there."""
    workspace = bpy.context.workspace
    if workspace is not None:
        workspace.status_text_set(text)
