"""The row of EmoTalk Compact on a custom actor among the presets."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import torch

from ...face.basis import ARKIT
from ...inference.checkpoints.library import find_weights
from ...inference.checkpoints.safetensors_file import read_metadata
from ...inference.contract import EmoTalkError, FaceModel
from ...inference.models.compact_actor import load
from ...inference.registry import NETWORKS, read_spec
from ..captures.project import Project, ReadTakes
from ..preset import Material, Preset, on_captures
from ..task import Task
from .compact_network import CompactSystem
from .other_voices import read_other_voices, recordings
from .recipe import RECIPE, ActorRecipe
from .task import ActorTask


def make_task(project: Project, read: ReadTakes, recipe: ActorRecipe) -> ActorTask:
    """The training on the takes of a project that are split off for it. Raises EmoTalkError for another basis."""
    if project.basis is not ARKIT:
        raise EmoTalkError(f"{project.path.name} has the basis {project.basis.name}; EmoTalk Compact needs arkit")
    takes = {split: [take for take in read.takes if take.labels.split == split] for split in ("train", "validation")}
    torch.manual_seed(recipe.seed)
    others = read_other_voices(recordings(Path(recipe.other_voices)) if recipe.other_voices else [])
    base = find_weights(recipe.base)
    system = CompactSystem(base, recipe.rank)
    return ActorTask(recipe, project.actor, system, base, takes["train"], takes["validation"], others)


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
