"""Lines of a scene as parts: performed on one machine, written as keys on another (``dialogue/parts.py``)."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import bpy

from ..dialogue.parts import Part, check_content, read_part, write_part
from ..inference.contract import EmoTalkError, StageProgress
from . import line_states, model_choice, runs
from .batch import ANIMATED, FAILED, Job, LineResult, find_line
from .failures import in_one_sentence
from .keyframes import Timing
from .lines import anchor_of, control_values, sound_of
from .properties import LineProperties
from .scene_context import context_in

Numbered = Sequence[tuple[int, Job]]
"""Lines by the number that they have in the list of all."""


def write_parts(
    jobs: Numbered,
    folder: Path,
    placement: Mapping[str, Any] | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> Iterator[LineResult]:
    """Perform lines and write their parts; no key is written, and a line that fails does not stop the rest.

    Args:
        jobs: the lines.
        folder: of the parts.
        placement: see ``runs.Run``.
        progress: called with how many lines are done, including the share of this one, and what comes next.

    Yields:
        What became of each line, in order, when its part is there.

    Raises:
        OSError: the folder cannot be written to.
    """
    for done, (number, job) in enumerate(jobs):
        started = time.monotonic()
        character = ""
        try:
            with in_one_sentence():
                scene, line = find_line(job)
                with context_in(scene) as context:
                    character = _name_of_anchor(line, context)
                    run = runs.start(context, line, placement=placement)
                    run.wait(_counted(progress, done))
                performance = run.take()
                content = content_of(line, scene, performance.face.frames)
            remarks = run.remarks
        except EmoTalkError as error:
            performance, content, remarks = None, "", (str(error),)
        seconds = time.monotonic() - started
        failure = remarks[0] if performance is None else ""
        told = "" if failure else "\n".join(remarks)
        write_part(folder, Part(number, job.scene[1], job.name, failure, told, seconds, content), performance)
        outcome = FAILED if failure else ANIMATED
        yield LineResult(job.scene[1], job.name, job.identity, character, outcome, seconds, 0, remarks)


def apply_parts(jobs: Numbered, folder: Path) -> Iterator[LineResult]:
    """Write the keys of lines from their parts; a line whose part is missing or damaged does not stop the rest.

    Yields:
        What became of each line, in order.
    """
    for number, job in jobs:
        started = time.monotonic()
        character, keys = "", 0
        try:
            with in_one_sentence():
                scene, line = find_line(job)
                with context_in(scene) as context:
                    character = _name_of_anchor(line, context)
                    part, performance = read_part(folder, number)
                    remarks = tuple(part.remarks.splitlines())
                    check_content(part, content_of(line, scene, performance.face.frames))
                    run = runs.start(context, line, quiet=True, performed=(performance, remarks))
                    run.write()
            keys, outcome = run.keys, ANIMATED
            remarks = run.remarks
        except EmoTalkError as error:
            outcome, remarks = FAILED, (str(error),)
            _remember_failure(job, str(error))
        yield LineResult(
            job.scene[1], job.name, job.identity, character, outcome, time.monotonic() - started, keys, remarks
        )


def content_of(line: LineProperties, scene: bpy.types.Scene, frames: int) -> str:
    """A text that is the same on every machine as long as a run would give the same performance.

    Args:
        line: of the scene.
        scene: with the line.
        frames: of the performance, at the model's rate.

    Raises:
        EmoTalkError: the line has no sound, or its model is not on this computer.
    """
    weights = model_choice.usable_weights(line)
    with ExitStack() as files:
        sound = sound_of(line, scene, files)
        timing = Timing.of(scene, sound.start_frame, weights.spec.fps)
        values = {
            "model": weights.model_id,
            "controls": control_values(line, weights.spec, timing, frames),
            "channel": line.channel,
            "section": sound.section and [round(part, 6) for part in sound.section],
        }
        state = hashlib.blake2b(json.dumps(values, sort_keys=True).encode(), digest_size=16)
        with sound.path.open("rb") as file:
            while block := file.read(2**20):
                state.update(block)
    return state.hexdigest()


def _counted(progress: Callable[[float, str], None] | None, done: int) -> StageProgress | None:
    return None if progress is None else lambda share, text: progress(done + share, text)


def _name_of_anchor(line: LineProperties, context: bpy.types.Context) -> str:
    anchor = anchor_of(line, context)
    return anchor.name if anchor else ""


def _remember_failure(job: Job, sentence: str) -> None:
    """Say at the line why it has no keys, unless it is the line that was removed."""
    with suppress(EmoTalkError):
        line_states.remember_failure(find_line(job)[1], sentence)
