"""The base of operators that work in the background until they are done or cancelled."""

from typing import Any, Final, Protocol

import bpy

from ..blender_emotalk.access import window_manager_of
from .explained import ExplainedOperator, OperatorResult

_SECONDS_BETWEEN_LOOKS: Final = 0.05


class BackgroundWork(Protocol):
    """What such an operator watches: a run or a batch."""

    def look(self) -> bool:
        """Go on; True when the work has ended."""

    def wait(self) -> None:
        """Wait until it has ended."""

    def cancel(self) -> None:
        """Stop it."""


class ModalRun(ExplainedOperator):
    """Base of such operators: ``begin`` starts the work, ``finish`` reports what became of it."""

    _work: Any
    _timer: bpy.types.Timer | None = None

    def begin(self, context: bpy.types.Context) -> BackgroundWork | None:
        """Start the work; None after reporting why that is not possible."""
        raise NotImplementedError

    def finish(self, context: bpy.types.Context) -> OperatorResult:
        """Report; what this returns decides whether there is an undo step."""
        raise NotImplementedError

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> OperatorResult:
        """Start in the background; ``modal`` goes on."""
        self._work = self.begin(context)
        if self._work is None:
            return {"CANCELLED"}
        manager = window_manager_of(context)
        self._timer = manager.event_timer_add(_SECONDS_BETWEEN_LOOKS, window=context.window)
        manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> OperatorResult:
        """Look at the work regularly; Blender stays usable meanwhile."""
        if event.type == "ESC" and event.value == "PRESS":
            self._work.cancel()
        elif event.type != "TIMER":
            return {"PASS_THROUGH"}
        if not self._work.look():
            return {"PASS_THROUGH"}
        self._remove_timer(context)
        return self.finish(context)

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Do the work and wait for it: for scripts, the command line and background Blender."""
        self._work = self.begin(context)
        if self._work is None:
            return {"CANCELLED"}
        self._work.wait()
        return self.finish(context)

    def cancel(self, context: bpy.types.Context) -> None:
        """Called when Blender ends the operator: another file is opened, or the window is closed."""
        self._remove_timer(context)
        self._work.cancel()

    def _remove_timer(self, context: bpy.types.Context) -> None:
        if self._timer is not None:
            window_manager_of(context).event_timer_remove(self._timer)
        self._timer = None
