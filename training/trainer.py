"""The trainer of every system: it runs a ``Task`` by a recipe in a run folder, in one process or in many.

Hugging Face Accelerate starts and joins the processes (``accelerate launch``), places the network and shares gradients.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import torch
from accelerate import Accelerator
from accelerate.utils import DistributedDataParallelKwargs, broadcast_object_list
from torch import nn

from ..inference.contract import EmoTalkError
from .checkpoints import Checkpoints, load_trained
from .learner import Learner
from .metrics_log import MetricsLog
from .optimisers import ParameterGroup as ParameterGroup
from .recipe import Recipe
from .run_folder import RunFolder
from .task import SCORE
from .task import ComparedTask as ComparedTask
from .task import StatefulTask as StatefulTask
from .task import Task as Task

_PRECISIONS: Final = {"float32": "no", "bfloat16": "bf16"}
Reason = Literal["finished", "no better any more", "out of time", "asked to stop"]


@dataclass(frozen=True)
class Result:
    """What became of a training.

    Attributes:
        steps: done in all.
        reason: why it ended.
        network: averaged weights for export: the best if the recipe has patience, else the last.
        figures: of their validation.
    """

    steps: int
    reason: Reason
    network: nn.Module
    figures: dict[str, float]


def new_accelerator(recipe: Recipe, cpu: bool = False) -> Accelerator:
    """An accelerator in this recipe's precision, on the CPU if wanted; one a process."""
    handlers = [DistributedDataParallelKwargs(find_unused_parameters=True)] if recipe.FREEZES_PARTS else []
    return Accelerator(mixed_precision=_PRECISIONS[recipe.precision], cpu=cpu, kwargs_handlers=handlers)


def train(
    task: Task,
    recipe: Recipe,
    run: RunFolder,
    run_id: str,
    accelerator: Accelerator,
    minutes: float = math.inf,
    on_step: Callable[[int], None] = lambda _: None,
    on_preview: Callable[[int, nn.Module], None] = lambda *_: None,
) -> Result:
    """Train for as many steps as the recipe says, from the run's newest checkpoint on if there is one.

    Every step seeds its own random numbers, so that a run that was stopped or killed at any moment gives the same
    weights as one that was not.

    Args:
        task: what is trained.
        recipe: all settings.
        run: its folder.
        run_id: the run's own id, which its checkpoints carry.
        accelerator: from ``new_accelerator``.
        minutes: after which it saves a checkpoint and ends.
        on_step: called after each step with the number of steps done.
        on_preview: called by the first process after every ``preview_every`` steps of the recipe, with their number
            and the averaged weights.

    Raises:
        EmoTalkError: the checkpoint belongs to another run, the recipe's ``losses`` are not those of the task, a batch
            cannot be shared out, or the loss is no number any more.
    """
    learner = Learner(task, recipe, accelerator)
    checkpoints = Checkpoints(run.checkpoints, run_id, recipe.identity())
    return _Course(learner, run, checkpoints, minutes, on_step, on_preview).run()


def restore_average(task: Task, recipe: Recipe, run: RunFolder, run_id: str) -> Result:
    """The averaged weights of a run, as ``train`` returned them or would now.

    Raises:
        EmoTalkError: there is no checkpoint yet, or it belongs to another run.
    """
    checkpoints = Checkpoints(run.checkpoints, run_id, recipe.identity())
    state = checkpoints.newest()
    if state is None:
        raise EmoTalkError(f"{run.path} has no checkpoint yet; train a little longer")
    best = checkpoints.best() if recipe.patience else None
    load_trained(task.network, (best or state)["average"])
    figures = best["figures"] if best else state["course"]["figures"]
    reason: Reason = "finished" if state["step"] == recipe.steps else "asked to stop"
    if reason != "finished" and 0 < recipe.patience <= state["course"]["worse"]:
        reason = "no better any more"
    return Result(int(state["step"]), reason, task.network.requires_grad_(False).eval(), figures)


class _Course:
    """One call of ``train``: the loop, and everything that happens between its steps."""

    def __init__(
        self,
        learner: Learner,
        run: RunFolder,
        checkpoints: Checkpoints,
        minutes: float,
        on_step: Callable[[int], None],
        on_preview: Callable[[int, nn.Module], None],
    ) -> None:
        self._learner, self._run, self._checkpoints = learner, run, checkpoints
        self._recipe, self._accelerator = learner.recipe, learner.accelerator
        self._until, self._on_step, self._on_preview = time.monotonic() + 60 * minutes, on_step, on_preview
        self._began = time.monotonic()
        self._done = 0
        self._sums: dict[str, float] = {}
        self._summed = 0
        self._best = math.inf
        self._worse = 0
        self._figures: dict[str, float] = {}

    def run(self) -> Result:
        """Train, and return the weights for export."""
        main = self._accelerator.is_main_process
        if main:
            self._checkpoints.clear_unfinished()
            self._run.stop.unlink(missing_ok=True)
        self._accelerator.wait_for_everyone()
        if state := self._checkpoints.newest():
            self._restore(state)
        log = MetricsLog(self._run.metrics, self._run.events, self._done) if main else None
        try:
            reason = self._loop(log)
        finally:
            if log:
                log.close()
        return self._result(reason)

    def _loop(self, log: MetricsLog | None) -> Reason:
        recipe = self._recipe
        while self._done < recipe.steps and not self._is_past_best():
            self._sum_up(self._learner.train_step(self._done))
            self._done += 1
            last = self._done == recipe.steps
            if self._done % recipe.log_every == 0 or last:
                self._log_losses(log)
            if last or (recipe.validate_every and self._done % recipe.validate_every == 0):
                self._validate(log)
            wish = self._wish_to_end()
            if last or wish or self._is_past_best() or self._done % recipe.save_every == 0:
                self._save()
            if log and not last and recipe.preview_every and self._done % recipe.preview_every == 0:
                self._on_preview(self._done, self._learner.average)
            self._on_step(self._done)
            if wish and not last:
                return wish
        return "finished" if self._done == recipe.steps else "no better any more"

    def _is_past_best(self) -> bool:
        return 0 < self._recipe.patience <= self._worse

    def _sum_up(self, terms: dict[str, float]) -> None:
        for name, term in terms.items():
            self._sums[name] = self._sums.get(name, 0.0) + term
        self._summed += 1

    def _log_losses(self, log: MetricsLog | None) -> None:
        """Log the means since the last time over all processes."""
        means = torch.tensor([value / self._summed for value in self._sums.values()], device=self._accelerator.device)
        losses = dict(zip(self._sums, self._accelerator.reduce(means, "mean").tolist(), strict=True))
        total = sum(losses.values())
        self._sums, self._summed = {}, 0
        if log:
            rate = self._recipe.learning_rate_at(self._done - 1)
            row = {"seconds": self._seconds(), "learning_rate": rate, "total": total, "losses": losses}
            log.write(self._done, row)
            self._run.say(f"step {self._done} of {self._recipe.steps}, loss {total:.4f}, {row['seconds']:.0f} s")

    def _validate(self, log: MetricsLog | None) -> None:
        """Measure the averaged weights on the first process, and keep them if they are the best."""
        answers: list[dict[str, float]] = [{}]
        if log:
            with torch.no_grad():
                answers = [self._learner.task.validate(self._learner.average)]
        broadcast_object_list(answers)
        self._figures = answers[0]
        if not self._figures:
            return
        better = self._figures[SCORE] < self._best
        self._worse = 0 if better else self._worse + 1
        if log:
            log.write(self._done, {"seconds": self._seconds(), "figures": self._figures})
            shown = ", ".join(f"{name} {value:.4f}" for name, value in self._figures.items())
            self._run.say(f"step {self._done}: {shown}{' (best)' if better else ''}")
        if better:
            self._best = self._figures[SCORE]
            if log:
                self._checkpoints.save_best(self._done, self._learner.state() | {"figures": self._figures})

    def _wish_to_end(self) -> Reason | None:
        """Why to end after this step, alike in all processes."""
        wishes: list[Reason | None] = [None]
        if self._accelerator.is_main_process:
            if self._run.stop.exists():
                self._run.stop.unlink(missing_ok=True)
                wishes = ["asked to stop"]
            elif time.monotonic() > self._until:
                wishes = ["out of time"]
        broadcast_object_list(wishes)
        return wishes[0]

    def _save(self) -> None:
        if self._accelerator.is_main_process:
            course = {"sums": self._sums, "summed": self._summed, "best": self._best, "worse": self._worse}
            state = self._learner.state() | {"course": course | {"seconds": self._seconds(), "figures": self._figures}}
            self._checkpoints.save(self._done, state, self._recipe.keep)
        self._accelerator.wait_for_everyone()

    def _restore(self, state: dict[str, Any]) -> None:
        self._learner.restore(state)
        course = state["course"]
        self._done = int(state["step"])
        self._sums, self._summed = course["sums"], course["summed"]
        self._best, self._worse, self._figures = course["best"], course["worse"], course["figures"]
        self._began -= course["seconds"]

    def _seconds(self) -> float:
        """Seconds of training, those before it was resumed included."""
        return time.monotonic() - self._began

    def _result(self, reason: Reason) -> Result:
        if self._recipe.patience and (best := self._checkpoints.best()):
            load_trained(self._learner.average, best["average"])
            self._figures = best["figures"]
        return Result(self._done, reason, self._learner.average, self._figures)
