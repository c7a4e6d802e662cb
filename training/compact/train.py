"""Training: ``emotalk train``. It may be stopped at any time and resumes from its last checkpoint."""

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import torch

from ..sounds.nonverbal import SOUNDS, SoundFeatures, read_sounds
from .batches import draw_batch, sampling_weights
from .corpus import CorpusLine, long_term_average_spectrum, read_corpus
from .export import export
from .learner import Learner
from .network import CompactNetwork
from .prepare import CACHE
from .realignment import read_times, realign_lines, write_times
from .recipe import RECIPE, Recipe, is_held_out, read_recipe

RUN: Final = Path("training_runs") / "emotalk-compact"
ALIGNED: Final = ("speechocean", "asterisk", "pico")
"""Corpora whose phone times come from forced alignment."""

_LOG_EVERY: Final = 25
_SAVE_EVERY: Final = 250


def main(argv: list[str] | None = None) -> None:
    """Train by a recipe on prepared corpora and export the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", type=Path, default=RECIPE)
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder that emotalk prepare wrote")
    parser.add_argument("--run", type=Path, default=RUN, help="folder for the log, checkpoints and weights")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args(argv)
    torch.set_num_threads(options.threads)
    recipe = read_recipe(options.recipe)
    corpora = training_corpora(options.cache, recipe)
    print(", ".join(f"{name} {len(lines)} lines" for name, lines in corpora.items()), flush=True)
    train(recipe, corpora, options.run, training_sounds(options.cache))


def training_corpora(cache: Path, recipe: Recipe) -> dict[str, list[CorpusLine]]:
    """Lines of every corpus in a recipe's shares, without held-out lines."""
    corpora: dict[str, list[CorpusLine]] = {}
    for path in sorted(cache.glob("*.npz")):
        name = path.stem.partition("-")[0]
        lines = [line for line in read_corpus(path) if not _is_held_out(name, line, recipe)]
        if name in recipe.shares and lines:
            corpora.setdefault(name, []).extend(lines)
    return corpora


def _is_held_out(corpus: str, line: CorpusLine, recipe: Recipe) -> bool:
    if corpus == "speechocean":
        return is_held_out(line.speaker, recipe.held_out_speakers)
    if corpus == "asterisk":
        return is_held_out(line.name, recipe.held_out_prompts)
    return line.speaker in recipe.held_out_voices


def training_sounds(cache: Path) -> list[SoundFeatures]:
    """Recorded non-speech sounds, without held-out ones; none if none were prepared."""
    path = cache / SOUNDS
    return [sound for sound in read_sounds(path) if not sound.held_out] if path.exists() else []


def train(
    recipe: Recipe,
    corpora: Mapping[str, list[CorpusLine]],
    run: Path,
    sounds: Sequence[SoundFeatures] = (),
) -> CompactNetwork:
    """Train for as many steps as the recipe says, from the last checkpoint on if there is one.

    Args:
        recipe: all settings.
        corpora: training lines by corpus, under the names of the recipe's shares.
        run: folder for ``log.jsonl``, ``checkpoint.pt``, ``times.npz`` and ``emotalk-compact.safetensors``.
        sounds: recorded non-speech sounds that interrupt the lines; see ``sounds.interruptions``.

    Returns:
        The network with averaged weights, as exported.
    """
    run.mkdir(parents=True, exist_ok=True)
    checkpoint, weights, times = (run / name for name in ("checkpoint.pt", "emotalk-compact.safetensors", "times.npz"))
    lines = [line for corpus in corpora.values() for line in corpus]
    learner = Learner(recipe, long_term_average_spectrum(lines))
    first = learner.resume(checkpoint) if checkpoint.exists() else 0
    if first > recipe.realign_at:
        lines = read_times(times, lines)
    aligned = {line.speaker for name in ALIGNED for line in corpora.get(name, ())}
    probabilities = sampling_weights(corpora, recipe.shares)
    recent: dict[str, list[float]] = {}
    began = time.monotonic()
    for step in range(first, recipe.steps):
        # Every step seeds its own random numbers, so that a resumed run gives the same weights as an uninterrupted one.
        torch.manual_seed(recipe.seed + step)
        rng = np.random.default_rng((recipe.seed, step))
        if step == recipe.realign_at:
            lines = realign_lines(lines, learner.network, learner.head, lambda line: line.speaker in aligned)
            write_times(times, lines)
        for name, term in learner.train_step(
            draw_batch(lines, recipe.batch_size, rng, probabilities, sounds=sounds), step
        ).items():
            recent.setdefault(name, []).append(term)
        done = step + 1
        if done % _LOG_EVERY == 0 or done == recipe.steps:
            _log(run / "log.jsonl", done, recent, time.monotonic() - began)
            recent = {}
        if done % _SAVE_EVERY == 0 or done == recipe.steps:
            learner.save(checkpoint, done)
            export(learner.average, recipe.decide, weights, _provenance(recipe, done, corpora))
    # So that a finished run that is started again exports the recipe's current thresholds.
    export(learner.average, recipe.decide, weights, _provenance(recipe, recipe.steps, corpora))
    return learner.average


def _provenance(recipe: Recipe, steps: int, corpora: Mapping[str, list[CorpusLine]]) -> dict[str, str]:
    descriptions = [
        f"{len(lines)} lines of {len({x.speaker for x in lines})} in {name}" for name, lines in corpora.items()
    ]
    return {
        "trained_on": ", ".join(descriptions),
        "trained_for": f"{steps} of {recipe.steps} steps, seed {recipe.seed}",
    }


def _log(path: Path, step: int, recent: dict[str, list[float]], seconds: float) -> None:
    means = {name: round(float(np.mean(values)), 4) for name, values in recent.items()}
    entry = {"step": step, "seconds": round(seconds, 1), "total": round(sum(means.values()), 4), **means}
    with path.open("a") as file:
        file.write(json.dumps(entry) + "\n")
    print(entry, flush=True)


if __name__ == "__main__":
    main()
