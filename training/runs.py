"""A run from its data to its weights: what the command line and Blender's panel call."""

import contextlib
import math
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import psutil
import torch
from accelerate.utils import broadcast_object_list
from torch import nn

from ..face.claim import claimed
from ..inference.contract import EmoTalkError
from .comparison import Comparison
from .model_card import write_card
from .preset import Material, Preset
from .presets import find_preset
from .previews import write_preview
from .recipe import Recipe, make_recipe, overridden
from .run_folder import (
    RunConfig,
    RunFolder,
    check_files,
    create_run,
    new_run_id,
    newest_run,
    read_config,
    write_config,
    write_json,
)
from .task import ComparedTask, Task
from .trainer import Result, new_accelerator, restore_average, train

_DEBUG_STEPS: Final = 20
_PATIENCE_SECONDS: Final = 1.0
"""Whoever looks whether a run is trained holds its lock for a moment."""


def start(
    preset_name: str,
    source: Path,
    runs: Path,
    changes: Mapping[str, Any] | None = None,
    *,
    debug: bool = False,
    minutes: float = math.inf,
    cpu: bool = False,
    threads: int | None = None,
    on_step: Callable[[int], None] = lambda _: None,
) -> RunFolder:
    """Begin a run and train, export and compare; returns its folder.

    Args:
        preset_name: of the system, see ``presets.PRESETS``.
        source: the project file, or the folder of prepared speech.
        runs: folder of all runs.
        changes: settings that replace those of the preset's recipe.
        debug: two takes and 20 steps, through all stages.
        minutes: after which training ends; ``resume`` goes on.
        cpu: do not use an accelerator.
        threads: of PyTorch in each process; by default the preset's, or the cores of this machine shared between the
            processes.
        on_step: called after each step with the number of steps done.

    Raises:
        EmoTalkError: the data, the recipe or the training is wrong.
        OSError: the folder cannot be written.
    """
    preset = find_preset(preset_name)
    recipe = preset.read_recipe(changes)
    recipe = _shortened(recipe) if debug else recipe
    accelerator = new_accelerator(recipe, cpu)
    material = preset.read(source, recipe, debug)
    cores = psutil.cpu_count(logical=False) or 1
    threads = threads or preset.threads or max(1, cores // accelerator.num_processes)
    created: list[Any] = [None]
    if accelerator.is_main_process:
        config = RunConfig(new_run_id(), preset_name, str(source.resolve()), debug, threads, asdict(recipe))
        created = [create_run(runs, material.dataset, config, material.files, material.root).path]
    broadcast_object_list(created)
    run = RunFolder(created[0])
    _go_on(run, read_config(run), preset, recipe, material, accelerator, minutes, on_step)
    return run


def find_newest(preset_name: str, source: Path, runs: Path) -> RunFolder:
    """The newest run of a preset on a source. Raises EmoTalkError if there is none, or the source is wrong."""
    preset = find_preset(preset_name)
    material = preset.read(source, preset.read_recipe(), True)
    return newest_run(runs, material.dataset, preset_name)


def resume(
    run: RunFolder,
    changes: Mapping[str, Any] | None = None,
    *,
    minutes: float = math.inf,
    cpu: bool = False,
    on_step: Callable[[int], None] = lambda _: None,
) -> None:
    """Go on with a run from its newest checkpoint; a finished one is exported again.

    Args:
        run: its folder.
        changes: settings that replace the run's, of those in ``Recipe.MAY_CHANGE``.
        minutes: as for ``start``.
        cpu: as for ``start``.
        on_step: as for ``start``.

    Raises:
        EmoTalkError: the data has changed, a setting may not change, or a checkpoint is not the run's own.
    """
    config, preset, recipe = _opened(run)
    if changes:
        changed = make_recipe(preset.recipe_type, overridden(config.recipe, changes), "--set")
        if changed.identity() != recipe.identity():
            raise EmoTalkError(f"A run goes on with its own settings; only {_listed(recipe)} may change")
        recipe, config = changed, replace(config, recipe=asdict(changed))
    accelerator = new_accelerator(recipe, cpu)
    material = preset.read(Path(config.source), recipe, config.debug)
    check_files(run, material.files, material.root)
    if changes and accelerator.is_main_process:
        write_config(run, config)
    _go_on(run, config, preset, recipe, material, accelerator, minutes, on_step)


def evaluate(run: RunFolder) -> Comparison:
    """Measure a run's weights on its held-out takes, beside the base model, and write ``evaluation.json``.

    Raises:
        EmoTalkError: the data has changed, or there is no checkpoint yet.
    """
    task, result, *_ = _restored(run)
    return _compare(run, task, replace(result, figures=task.validate(result.network)))


def export(run: RunFolder) -> tuple[Path, Comparison]:
    """Write a run's weights for inference and its model card.

    Returns:
        The weights file, and the comparison with the base model.

    Raises:
        EmoTalkError: the data has changed, or there is no checkpoint yet.
    """
    task, result, config, preset, material = _restored(run)
    return _export(run, config, preset, material, task, result)


def _go_on(
    run: RunFolder,
    config: RunConfig,
    preset: Preset,
    recipe: Recipe,
    material: Material,
    accelerator: Any,
    minutes: float,
    on_step: Callable[[int], None],
) -> None:
    torch.set_num_threads(config.threads)
    main = accelerator.is_main_process
    lock: AbstractContextManager[None] = contextlib.nullcontext()
    if main:
        lock = claimed(run.lock, f"the run {run.path}", _PATIENCE_SECONDS)
    with lock:
        if main:
            for remark in material.remarks:
                run.say(remark)
        task = material.make_task()

        def preview(step: int, network: nn.Module) -> None:
            if material.held_out and preset.performs:
                with tempfile.TemporaryDirectory(prefix=".preview.", dir=run.path) as place:
                    path = Path(place) / preset.weights
                    task.export(network, path, {})
                    write_preview(run, preset.load(path), material.held_out[0], step)

        result = train(task, recipe, run, config.run, accelerator, minutes, on_step, preview)
        if main:
            run.say(f"{result.steps} of {recipe.steps} steps: {result.reason}")
            weights, compared = _export(run, config, preset, material, task, result)
            run.say(f"{compared.text()}\nWeights {weights}\nCard    {run.card}")
    accelerator.wait_for_everyone()


def _opened(run: RunFolder) -> tuple[RunConfig, Preset, Recipe]:
    config = read_config(run)
    preset = find_preset(config.preset)
    return config, preset, make_recipe(preset.recipe_type, config.recipe, str(run.config))


def _restored(run: RunFolder) -> tuple[Task, Result, RunConfig, Preset, Material]:
    config, preset, recipe = _opened(run)
    material = preset.read(Path(config.source), recipe, config.debug)
    check_files(run, material.files, material.root)
    torch.set_num_threads(config.threads)
    task = material.make_task()
    return task, restore_average(task, recipe, run, config.run), config, preset, material


def _export(
    run: RunFolder, config: RunConfig, preset: Preset, material: Material, task: Task, result: Result
) -> tuple[Path, Comparison]:
    path = run.export / preset.weights
    path.parent.mkdir(exist_ok=True)
    trained_for = f"{result.steps} of {config.recipe['steps']} steps, seed {config.recipe['seed']}"
    task.export(result.network, path, {"trained_for": trained_for, "run": config.run})
    if material.held_out and preset.performs:
        write_preview(run, preset.load(path), material.held_out[0], result.steps)
    compared = _compare(run, task, result)
    write_card(run, config, preset, material.dataset, result, compared)
    return path, compared


def _compare(run: RunFolder, task: Task, result: Result) -> Comparison:
    base = task.base_figures() if isinstance(task, ComparedTask) else {}
    compared = Comparison(result.figures, base)
    figures = {"steps": result.steps, "reason": result.reason, "figures": compared.ours, "base": compared.base}
    write_json(run.evaluation, figures)
    return compared


def _shortened(recipe: Recipe) -> Recipe:
    """The recipe of a debug run."""
    return replace(
        recipe,
        steps=_DEBUG_STEPS,
        log_every=_DEBUG_STEPS // 4,
        save_every=_DEBUG_STEPS // 2,
        validate_every=_DEBUG_STEPS // 2,
    )


def _listed(recipe: Recipe) -> str:
    return ", ".join(sorted(recipe.MAY_CHANGE))
