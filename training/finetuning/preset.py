"""The row of EmoTalk Compact on a custom actor among the presets."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import torch

from ...inference.checkpoints.library import InstalledWeights, find_weights
from ...inference.checkpoints.safetensors_file import read_metadata
from ...inference.contract import FaceModel
from ...inference.models.compact_actor import load
from ...inference.registry import NETWORKS, read_spec
from ..captures.project import Project, ReadTakes
from ..preset import Material, Preset, check_arkit, on_captures
from ..task import Task
from .compact_network import CompactSystem
from .other_voices import read_other_voices, recordings
from .recipe import RECIPE, ActorRecipe
from .system import ActorSystem
from .task import ActorTask


def make_task(project: Project, read: ReadTakes, recipe: ActorRecipe) -> ActorTask:
    """The training on the takes of a project that are split off for it. Raises EmoTalkError for another basis."""
    check_arkit(project, "EmoTalk Compact")
    return make_actor_task(project, read, recipe, CompactSystem)


def make_actor_task(
    project: Project, read: ReadTakes, recipe: ActorRecipe, system: Callable[[InstalledWeights, int], ActorSystem]
) -> ActorTask:
    """The training of a style for the recipe's base; ``system`` takes the base and the rank on."""
    torch.manual_seed(recipe.seed)
    base = find_weights(recipe.base)
    others = read_other_voices(recordings(Path(recipe.other_voices)) if recipe.other_voices else [])
    train, held_out = read.of_split("train"), read.of_split("validation")
    return ActorTask(recipe, project.actor, system(base, recipe.rank), base, train, held_out, others)


def with_recordings(
    make: Callable[[Project, ReadTakes, ActorRecipe], Task],
) -> Callable[[Path, ActorRecipe, bool], Material]:
    """``on_captures``, and recordings of other voices if the recipe names a folder of them."""

    def read(source: Path, recipe: ActorRecipe, debug: bool) -> Material:
        material = on_captures(make)(source, recipe, debug)
        if not recipe.other_voices:
            return material
        return replace(material, files=(*material.files, *recordings(Path(recipe.other_voices))))

    return read


def load_exported(path: Path) -> FaceModel:
    """The exported file as a model."""
    return load(path, read_spec(NETWORKS[CompactSystem.kind], read_metadata(path)))


COMPACT: Final = Preset(
    "EmoTalk Compact with an actor's own style",
    RECIPE,
    ActorRecipe,
    with_recordings(make_task),
    "emotalk-compact-actor.safetensors",
    load_exported,
    "emotalk-compact",
)
