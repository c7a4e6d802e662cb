"""Training: ``emotalk train``. Stop it whenever you like; it resumes from its last checkpoint."""

import argparse
import copy
import json
import time
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor

from .batches import CROP_FRAMES, draw_batch
from .corpus import HeardLine, read_corpus
from .export import export
from .losses import losses
from .network import CompactNetwork, PhoneHead
from .prepare import CACHE
from .recipe import RECIPE, Recipe, read_recipe
from .speechocean import is_held_out

RUN: Final = Path("training_runs") / "emotalk-compact"
_LOG_EVERY: Final = 25
_SAVE_EVERY: Final = 250
_FPS: Final = 30


def main(argv: list[str] | None = None) -> None:
    """Train by a recipe on prepared corpora and export the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", type=Path, default=RECIPE)
    parser.add_argument("--cache", type=Path, default=CACHE, help="what training.prepare made")
    parser.add_argument("--run", type=Path, default=RUN, help="folder for the log, checkpoints and weights")
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args(argv)
    torch.set_num_threads(asked.threads)
    recipe = read_recipe(asked.recipe)
    real, synthetic = training_lines(asked.cache, recipe)
    print(f"{len(real)} recorded lines, {len(synthetic)} synthetic ones", flush=True)
    train(recipe, real, synthetic, asked.run)


def training_lines(cache: Path, recipe: Recipe) -> tuple[list[HeardLine], list[HeardLine]]:
    """Recorded and synthetic lines of every speaker that is not held out."""
    real: list[HeardLine] = []
    synthetic: list[HeardLine] = []
    for path in sorted(cache.glob("*.npz")):
        if path.stem == "speechocean":
            real += [x for x in read_corpus(path) if not is_held_out(x.speaker, recipe.held_out_speakers)]
        elif path.stem.removeprefix("flite-") not in recipe.held_out_voices:
            synthetic += read_corpus(path)
    return real, synthetic


def train(recipe: Recipe, real: list[HeardLine], synthetic: list[HeardLine], run: Path) -> CompactNetwork:
    """Minimise the losses for as many steps as the recipe says, from the last checkpoint on if there is one.

    Args:
        recipe: how.
        real: recorded lines to learn from; may be empty.
        synthetic: lines read by synthesisers; may be empty.
        run: folder for ``log.jsonl``, ``checkpoint.pt`` and ``emotalk-compact.safetensors``.

    Returns:
        The network with averaged weights, as exported.
    """
    run.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(recipe.seed)
    network, head = CompactNetwork(recipe.network), PhoneHead(recipe.network)
    average = copy.deepcopy(network).requires_grad_(False).eval()
    learned = [*network.parameters(), *head.parameters()]
    optimisers = _optimisers(network, head, recipe)
    checkpoint = run / "checkpoint.pt"
    first = _resume(checkpoint, network, head, average, optimisers) if checkpoint.exists() else 0
    times = torch.arange(CROP_FRAMES) / _FPS
    recent: dict[str, list[float]] = {}
    began = time.monotonic()
    for step in range(first, recipe.steps):
        # Each step has dice of its own, so that a resumed run goes on as if it had never stopped.
        torch.manual_seed(recipe.seed + step)
        dice = np.random.default_rng((recipe.seed, step))
        lines = real if real and (not synthetic or dice.random() < recipe.real_share) else synthetic
        batch = draw_batch(lines, recipe.batch, dice)
        parts = losses(network, head, batch, times, recipe.low_precision)
        for optimiser in optimisers:
            for group in optimiser.param_groups:
                group["lr"] = recipe.learning_rate * _schedule(step, recipe)
            optimiser.zero_grad()
        sum(parts.values()).backward()
        torch.nn.utils.clip_grad_norm_(learned, 1.0)
        for optimiser in optimisers:
            optimiser.step()
        _follow(average, network, min(recipe.averaging, (step + 1) / (step + 10)))
        for name, part in parts.items():
            recent.setdefault(name, []).append(part.item())
        if (step + 1) % _LOG_EVERY == 0 or step + 1 == recipe.steps:
            _log(run / "log.jsonl", step + 1, recent, time.monotonic() - began)
            recent = {}
        if (step + 1) % _SAVE_EVERY == 0 or step + 1 == recipe.steps:
            _save(checkpoint, step + 1, network, head, average, optimisers)
            export(
                average,
                recipe.decide,
                run / "emotalk-compact.safetensors",
                _provenance(recipe, step + 1, real, synthetic),
            )
    return average


def _optimisers(network: CompactNetwork, head: PhoneHead, recipe: Recipe) -> list[torch.optim.Optimizer]:
    """Muon for the matrices within the encoders, where it learns in half the steps; AdamW for everything else."""
    within = [p for name, p in network.named_parameters() if ".blocks." in name and p.ndim == 2]
    chosen = {id(parameter) for parameter in within}
    others = [p for p in (*network.parameters(), *head.parameters()) if id(p) not in chosen]
    settings = {"lr": recipe.learning_rate, "weight_decay": recipe.weight_decay}
    return [
        torch.optim.Muon(within, adjust_lr_fn="match_rms_adamw", **settings),
        torch.optim.AdamW(others, betas=(0.9, 0.98), **settings),
    ]


def _schedule(step: int, recipe: Recipe) -> float:
    """Warm up, stay, and fall to nothing over the last steps; so a longer run begins exactly as a shorter one."""
    return min((step + 1) / recipe.warmup, 1, (recipe.steps - step) / (recipe.cooldown * recipe.steps))


@torch.no_grad()
def _follow(average: CompactNetwork, network: CompactNetwork, share: float) -> None:
    for slow, fast in zip(average.parameters(), network.parameters(), strict=True):
        slow.lerp_(fast, 1 - share)


def _provenance(recipe: Recipe, steps: int, real: list[HeardLine], synthetic: list[HeardLine]) -> dict[str, str]:
    speakers = {line.speaker for line in real}
    voices = {line.speaker for line in synthetic}
    return {
        "trained_on": f"{len(real)} lines of {len(speakers)} recorded speakers, "
        f"{len(synthetic)} of {len(voices)} synthetic voices",
        "trained_for": f"{steps} of {recipe.steps} steps, seed {recipe.seed}",
    }


def _log(path: Path, step: int, recent: dict[str, list[float]], seconds: float) -> None:
    means = {name: round(float(np.mean(values)), 4) for name, values in recent.items()}
    entry = {"step": step, "seconds": round(seconds, 1), "total": round(sum(means.values()), 4), **means}
    with path.open("a") as file:
        file.write(json.dumps(entry) + "\n")
    print(entry, flush=True)


def _save(
    path: Path,
    step: int,
    network: CompactNetwork,
    head: PhoneHead,
    average: CompactNetwork,
    optimisers: list[torch.optim.Optimizer],
) -> None:
    state: dict[str, dict[str, Tensor] | list[dict] | int] = {
        "step": step,
        "network": network.state_dict(),
        "head": head.state_dict(),
        "average": average.state_dict(),
        "optimisers": [optimiser.state_dict() for optimiser in optimisers],
    }
    part = path.with_suffix(".part")
    torch.save(state, part)
    part.replace(path)


def _resume(
    path: Path,
    network: CompactNetwork,
    head: PhoneHead,
    average: CompactNetwork,
    optimisers: list[torch.optim.Optimizer],
) -> int:
    state = torch.load(path, weights_only=True)
    network.load_state_dict(state["network"])
    head.load_state_dict(state["head"])
    average.load_state_dict(state["average"])
    for optimiser, remembered in zip(optimisers, state["optimisers"], strict=True):
        optimiser.load_state_dict(remembered)
    return int(state["step"])


if __name__ == "__main__":
    main()
