"""Animates many lines, one after the other; a line that fails does not stop the rest."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import bpy

from ..inference.contract import EmoTalkError, StageProgress
from . import desk, line_states, runs
from .access import desk_of, run_state
from .line_identity import identity_of, line_name
from .lines import anchor_of
from .properties import LineProperties
from .scene_context import context_in

ALL: Final = "ALL"
SELECTED: Final = "SELECTED"
STALE: Final = "STALE"

ANIMATED: Final = "animated"
FAILED: Final = "failed"
CANCELLED: Final = "cancelled"

_SECONDS_BETWEEN_LOOKS: Final = 0.002
_current: "Batch | None" = None


@dataclass(frozen=True)
class Job:
    """A line to animate, by what survives an undo.

    Attributes:
        scene: the session uid and the name of its scene.
        identity: of the line.
        name: of the line.
    """

    scene: tuple[int, str]
    identity: str
    name: str


@dataclass(frozen=True)
class LineResult:
    """What became of a line.

    Attributes:
        scene: the name of its scene.
        line: its name.
        identity: of the line.
        character: the object that speaks; "" if it was not found.
        outcome: "animated", "failed" or "cancelled".
        seconds: that it took.
        keys: how many were written.
        remarks: sentences about the result, the reason first if it failed.
    """

    scene: str
    line: str
    identity: str
    character: str
    outcome: str
    seconds: float = 0.0
    keys: int = 0
    remarks: tuple[str, ...] = ()

    @property
    def is_bad(self) -> bool:
        """Whether there are no new keys."""
        return self.outcome != ANIMATED


def jobs_of(scenes: Iterable[bpy.types.Scene], which: str = ALL) -> list[Job]:
    """The lines of scenes, in the order of their lists.

    Args:
        scenes: searched.
        which: "ALL", "SELECTED" for those that are marked, or "STALE" for those without keys or with keys that no
            longer fit.
    """
    found = []
    for scene in scenes:
        if which == STALE:
            line_states.refresh(scene)
        found += [job_of(line, scene) for line in desk_of(scene).lines if _is_wanted(line, which)]
    return found


def job_of(line: LineProperties, scene: bpy.types.Scene) -> Job:
    """The job of one line."""
    return Job((scene.session_uid, scene.name), identity_of(line), line_name(line))


def _is_wanted(line: LineProperties, which: str) -> bool:
    if which == STALE:
        return line_states.needs_run(line)
    return which == ALL or line.selected


def is_busy() -> bool:
    """Whether a line is being animated, alone or in a batch."""
    return runs.is_running() or (_current is not None and not _current.is_done)


def cancel() -> None:
    """Stop what is being animated, if anything is."""
    if _current is not None:
        _current.cancel()
    runs.cancel()


class Batch:
    """Lines that are animated one after the other in the background; keys are written as each line is done.

    Args:
        jobs: the lines, in order.
        placement: see ``runs.Run``.

    Attributes:
        results: of the lines that are done, in order; of all lines when the batch has ended.
        cancelled: whether the batch was cancelled.

    Raises:
        EmoTalkError: there are no lines, or a line is being animated already.
    """

    def __init__(self, jobs: Sequence[Job], placement: Mapping[str, Any] | None = None) -> None:
        global _current
        if not jobs:
            raise EmoTalkError("There is no line to animate; add lines, or select some")
        if is_busy():
            raise EmoTalkError(runs.BUSY)
        self._jobs = list(jobs)
        self._placement = placement
        self._run: runs.Run | None = None
        self._started = 0.0
        self._character = ""
        self.results: list[LineResult] = []
        self.cancelled = False
        _current = self

    @property
    def progress(self) -> float:
        """The share of the lines that is done, 0..1."""
        return len(self.results) / len(self._jobs)

    @property
    def is_done(self) -> bool:
        """Whether every line has a result."""
        return len(self.results) == len(self._jobs)

    def look(self) -> bool:
        """Go on with the next line when one is done; True when all are."""
        if self.is_done:
            return True
        if self._run is None:
            self._begin(self._jobs[len(self.results)])
        elif self._run.look():
            self._end(self._jobs[len(self.results)], self._run)
        return self.is_done

    def wait(self, progress: StageProgress | None = None) -> None:
        """Wait until all lines are done; an interruption cancels the rest."""
        try:
            while not self.look():
                if progress is not None:
                    progress(self.progress, self.sentence())
                if self._run is not None:
                    time.sleep(_SECONDS_BETWEEN_LOOKS)
        except BaseException:
            self.cancel()
            raise

    def cancel(self) -> None:
        """Stop; the keys of lines that are done stay."""
        if self.is_done:
            return
        self.cancelled = True
        if self._run is not None:
            self._run.cancel()
            self._run = None
        left = self._jobs[len(self.results) :]
        self.results += [LineResult(job.scene[1], job.name, job.identity, "", CANCELLED) for job in left]

    def sentence(self) -> str:
        """Which line is being animated, or what became of all."""
        if not self.is_done:
            number = len(self.results)
            return f"Line {number + 1} of {len(self._jobs)}: {self._jobs[number].name}"
        count = {outcome: sum(result.outcome == outcome for result in self.results) for outcome in _WORDS}
        parts = [f"{number} {_WORDS[outcome]}" for outcome, number in count.items() if number]
        keys = sum(result.keys for result in self.results)
        return f"{len(self._jobs)} lines: {', '.join(parts)}; {keys:,} keys"

    def _begin(self, job: Job) -> None:
        self._started, self._character = time.monotonic(), ""
        try:
            scene, line = find_line(job)
            with context_in(scene) as context:
                anchor = anchor_of(line, context)
                self._character = anchor.name if anchor else ""
                try:
                    self._run = runs.start(context, line, quiet=True, placement=self._placement)
                except EmoTalkError as error:
                    line_states.remember_failure(line, str(error))
                    raise
        except EmoTalkError as error:
            self._add(job, FAILED, 0, (str(error),))
            return
        runs.show(self.sentence(), self.progress, running=True)

    def _end(self, job: Job, run: runs.Run) -> None:
        self._run = None
        if run.cancelled:
            self._add(job, CANCELLED, 0, ())
            self.cancel()
            return
        try:
            run.write()
        except EmoTalkError as error:
            self._add(job, FAILED, 0, (str(error),))
        else:
            self._add(job, ANIMATED, run.keys, run.remarks)

    def _add(self, job: Job, outcome: str, keys: int, remarks: tuple[str, ...]) -> None:
        seconds = time.monotonic() - self._started
        self.results.append(
            LineResult(job.scene[1], job.name, job.identity, self._character, outcome, seconds, keys, remarks)
        )
        state = run_state(bpy.context)
        if not self.is_done:
            runs.show(self.sentence(), self.progress, running=True)
        state.ran_on = ""


_WORDS: Final = {ANIMATED: "animated", FAILED: "failed", CANCELLED: "left out"}


def find_line(job: Job) -> tuple[bpy.types.Scene, LineProperties]:
    """The scene and the line of a job. Raises EmoTalkError if either was removed."""
    scene = next((scene for scene in bpy.data.scenes if scene.session_uid == job.scene[0]), None)
    line = desk.line_of_identity(scene, job.identity) if scene else None
    if scene is None or line is None:
        raise EmoTalkError(f"The line {job.name!r} was removed before it was animated")
    return scene, line
