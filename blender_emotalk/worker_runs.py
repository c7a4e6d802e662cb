"""What all runs in the background have in common: a line whose sound goes to the worker, and what comes back."""

import contextlib
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import bpy

from ..inference.contract import EmoTalkError, StageProgress
from ..inference.worker.client import Message, WorkerClient
from . import desk, feature_cache
from .access import run_state, scene_of, window_manager_of
from .failures import in_one_sentence
from .line_identity import identity_of, line_name
from .lines import sound_of
from .own_actions import LineMark
from .preferences import preferences_of
from .properties import LineProperties
from .sounds import LineSound, Preparation, PreparedSound, forget_decoded

BUSY: Final = "A line is being animated; wait for it, or cancel it"
CANCELLED: Final = "Cancelled; nothing was changed"

_SECONDS_BETWEEN_LOOKS: Final = 0.01
client: Final = WorkerClient()
_current: "WorkerRun | None" = None


class WorkerRun:
    """Base of runs: one line that the worker works on, and that is written to the scene afterwards.

    Only names and numbers are kept between ticks: references to data-blocks do not survive an undo.

    Args:
        context: its scene has the line.
        line: of the scene.
        quiet: the panel shows nothing before the end.

    Attributes:
        cancelled: whether the run was cancelled.
    """

    def __init__(self, context: bpy.types.Context, line: LineProperties, quiet: bool = False) -> None:
        scene = scene_of(context)
        self._line = LineMark(line_name(line), identity_of(line))
        self._scene = scene.session_uid, scene.name
        self._started = time.monotonic()
        self._is_quiet = quiet
        self._files = contextlib.ExitStack()
        self._failure = ""
        self._request: int | None = None
        self._is_done = self._is_over = False
        self._sound: Preparation
        self.cancelled = False

    @property
    def age(self) -> float:
        """Seconds since its start."""
        return time.monotonic() - self._started

    def look(self) -> bool:
        """Process the worker's messages; True when the run has ended."""
        if self._request is None and not self._is_done:
            self._look_at_sound()
        for message in client.messages():
            if message["id"] == self._request:
                self._handle(message)
        return self._is_done

    def wait(self, progress: StageProgress | None = None) -> None:
        """Wait until the run has ended; an interruption cancels it."""
        state = run_state(bpy.context)
        try:
            while not self.look():
                if progress is not None:
                    progress(state.progress, state.message)
                self.pause(_SECONDS_BETWEEN_LOOKS)
        except BaseException:
            self.cancel()
            raise

    def pause(self, seconds: float) -> None:
        """Wait until there is something to look at, at most this long."""
        client.news.wait(seconds)

    def cancel(self) -> None:
        """Stop the worker. Nothing has been written to the scene."""
        if self._is_over:
            return
        if not self._is_done:
            self._sound.cancel()
            client.cancel()
        self.cancelled = self._is_done = True
        self._end(CANCELLED)

    def _start(
        self,
        context: bpy.types.Context,
        line: LineProperties,
        python: Path,
        model: str,
        placement: Mapping[str, Any] | None = None,
    ) -> LineSound:
        """Start to decode the line's sound, and the worker; the request is sent when both are ready.

        Args:
            context: its scene has the line.
            line: with the sound.
            python: that runs the worker.
            model: its id.
            placement: ``device``, ``precision`` and ``windowed``, if they differ from the preferences.

        Raises:
            EmoTalkError: the line has no usable sound; nothing was started.
        """
        scene = scene_of(context)
        preferences, cache = preferences_of(context), feature_cache.feature_cache(context)
        with contextlib.ExitStack() as files:
            sound = sound_of(line, scene, files)
            self._sound = Preparation(sound)
            self._fields: dict[str, Any] = {
                "model": model,
                "device": preferences.device,
                "precision": preferences.precision,
                "windowed": preferences.windowed,
                **(placement or {}),
                "features": str(cache.folder),
                "features_limit": cache.limit,
                "channel": line.channel,
            }
            client.start(python)
            self._files = files.pop_all()
        return sound

    def _submit_if_ready(self, scene: bpy.types.Scene) -> None:
        """Send the request at once where the sound needs no decoding."""
        if self._sound.done:
            with contextlib.ExitStack() as undone:
                undone.callback(self._files.close)
                self._submit(scene, self._sound.result())
                undone.pop_all()

    def _look_at_sound(self) -> None:
        """Send the request as soon as the sound is decoded: how many values a keyed control has depends on its length.

        The controls are those of this moment.
        """
        if not self._sound.done:
            self._report("Decoding", 0)
            return
        try:
            self._submit(find(bpy.data.scenes, *self._scene), self._sound.result())
        except EmoTalkError as error:
            self._failure = str(error)
            self._is_done = True

    def _submit(self, scene: bpy.types.Scene, sound: PreparedSound) -> None:
        """Send the request. Raises EmoTalkError if that is not possible."""
        raise NotImplementedError

    def _handle(self, message: Message) -> None:
        """Process a reply to the request."""
        if message["kind"] == "progress":
            self._report(message["text"], message["fraction"])
        elif message["kind"] == "error":
            self._failure = message["sentence"]
            self._is_done = True
        else:
            self._take_result(message)

    def _take_result(self, message: Message) -> None:
        """Process the result."""
        raise NotImplementedError

    def _line_in(self, scene: bpy.types.Scene) -> LineProperties:
        line = desk.line_of_identity(scene, self._line.identity)
        if line is None:
            raise EmoTalkError(f"The line {self._line.name!r} was removed from the list; nothing was changed")
        return line

    def _report(self, text: str, progress: float) -> None:
        if not self._is_quiet:
            show(text, progress, running=True)

    def _end(self, message: str, failed: bool = False) -> None:
        global _current
        self._is_over = True
        self._files.close()
        if _current is self:
            _current = None
        show(message, failed=failed)
        if not self._is_quiet:
            feature_cache.refresh(bpy.context)


Started = TypeVar("Started", bound=WorkerRun)


def start(make: Callable[[], Started]) -> Started:
    """Make a run, which is the one in the background from now on.

    Args:
        make: makes it.

    Raises:
        EmoTalkError: another one has not ended, or this one cannot be made; the panel shows why.
    """
    global _current
    if is_running():
        raise EmoTalkError(BUSY)
    try:
        with in_one_sentence():
            run = make()
    except EmoTalkError as error:
        show(str(error), failed=True)
        raise
    _current = run
    if not run._is_quiet:
        show("Starting", running=True)
    return run


def is_running() -> bool:
    """Whether the worker is busy with a line."""
    return _current is not None


def cancel() -> None:
    """Stop the run in the background, if there is one."""
    if _current is not None:
        _current.cancel()


def close() -> None:
    """Stop everything and wait until the worker has ended."""
    cancel()
    client.close()
    forget_decoded()


def show(message: str, progress: float = 0.0, running: bool = False, failed: bool = False) -> None:
    """Show the progress or the result in the panel, in all windows."""
    state = run_state(bpy.context)
    state.message, state.progress, state.running, state.failed = message, progress, running, failed
    state.repairable = False
    for window in window_manager_of(bpy.context).windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()


def find(items: Iterable[Any], uid: int, name: str) -> Any:
    """The data-block of this session uid. Raises EmoTalkError if it was deleted."""
    found = next((item for item in items if item.session_uid == uid), None)
    if found is None:
        raise EmoTalkError(f"{name!r} was deleted while its line was being animated; nothing was changed")
    return found
