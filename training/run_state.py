"""How a run is getting on, read from its folder alone: for whoever watches a training that is another process.

Standard library only, because Blender's own Python reads it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from ..face.claim import holder_of
from ..inference.contract import EmoTalkError
from .comparison import SCORE, Comparison
from .metrics_log import read_metrics
from .run_folder import RunFolder, read_config

Phase = Literal["training", "stopped", "done"]
_ENDS: Final = ("finished", "no better any more")
"""Reasons of ``trainer.Result`` after which there is nothing to go on with."""
_ROWS_OF_PACE: Final = 20


@dataclass(frozen=True)
class RunState:
    """A run at one moment.

    Attributes:
        run: its folder.
        preset: name of the system.
        phase: "training": a process is at it. "stopped": it can be resumed. "done": it has ended by itself.
        step, steps: done, and to be done.
        minutes_left: at the pace of the last rows; None before there are two, or if nothing trains.
        losses: (step, total loss) of training, in order.
        scores: (step, score) on the held-out takes, in order; lower is better.
        compared: the exported model beside its base; None before an export.
        exported: the weights for inference; None before an export.
        has_preview: whether a held-out take was performed at the last export.
    """

    run: RunFolder
    preset: str
    phase: Phase
    step: int
    steps: int
    minutes_left: float | None
    losses: tuple[tuple[int, float], ...]
    scores: tuple[tuple[int, float], ...]
    compared: Comparison | None
    exported: Path | None
    has_preview: bool


def newest_run_in(runs: Path) -> RunFolder | None:
    """The newest run of any data set and preset in a folder of runs; None if there is none."""
    found = [path.parent for path in runs.glob("*/*/*/config.json")]
    return RunFolder(max(found, key=lambda path: (path.name, path))) if found else None


def look_at(run: RunFolder) -> RunState:
    """The state of a run. Raises EmoTalkError if its settings are damaged."""
    config = read_config(run)
    rows = read_metrics(run.metrics)
    trained = [row for row in rows if "losses" in row]
    scores = [(row["step"], row["figures"][SCORE]) for row in rows if SCORE in row.get("figures", {})]
    steps = int(config.recipe.get("steps", 0))
    step = rows[-1]["step"] if rows else 0
    evaluation = _read_evaluation(run)
    phase: Phase = "stopped"
    if is_training(run):
        phase = "training"
    elif evaluation.get("reason") in _ENDS and evaluation.get("steps") == step:
        phase = "done"
    return RunState(
        run,
        config.preset,
        phase,
        step,
        steps,
        _minutes_left(trained, steps) if phase == "training" else None,
        tuple((row["step"], row["total"]) for row in trained),
        tuple(scores),
        Comparison(evaluation["figures"], evaluation["base"]) if evaluation else None,
        next(iter(sorted(run.export.glob("*.safetensors"))), None) if evaluation else None,
        run.captured.is_file() and run.predicted.is_file(),
    )


def is_training(run: RunFolder) -> bool:
    """Whether a process trains it now."""
    return holder_of(run.lock) is not None


def ask_to_stop(run: RunFolder) -> None:
    """Let the training process save a checkpoint, export and end.

    Raises:
        EmoTalkError: nothing trains this run.
        OSError: the folder cannot be written to.
    """
    if not is_training(run):
        raise EmoTalkError("This run is not being trained")
    run.stop.touch()


def _minutes_left(rows: Sequence[dict[str, Any]], steps: int) -> float | None:
    recent = rows[-_ROWS_OF_PACE:]
    if len(recent) < 2 or recent[-1]["step"] == recent[0]["step"]:
        return None
    pace = (recent[-1]["seconds"] - recent[0]["seconds"]) / (recent[-1]["step"] - recent[0]["step"])
    return max(steps - recent[-1]["step"], 0) * pace / 60


def _read_evaluation(run: RunFolder) -> dict[str, Any]:
    """What was measured at the last export; empty if there was none."""
    try:
        evaluation = json.loads(run.evaluation.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    is_whole = isinstance(evaluation, dict) and {"steps", "figures", "base"} <= evaluation.keys()
    return evaluation if is_whole else {}
