"""The rows of FLINT and EMOTE among the presets."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from ...inference.checkpoints.safetensors_file import read_metadata
from ...inference.contract import EmoTalkError, FaceModel
from ...inference.models.emote import Emote
from ...inference.registry import NETWORKS, read_spec
from ..captures.project import Project, ReadTakes
from ..captures.take import Take
from ..preset import Material, Preset, on_captures
from .flame_vertices import read_flame
from .flint_task import FlintTask
from .recipe import EMOTE_RECIPE, FLINT_RECIPE, EmoteRecipe, FlintRecipe
from .task import EmoteTask


def make_flint_task(project: Project, read: ReadTakes, recipe: FlintRecipe) -> FlintTask:
    """FLINT's training on the takes of a project that are split off for it."""
    return FlintTask(recipe, read_flame(recipe.flame, project.basis), *_split(project, read))


def make_emote_task(project: Project, read: ReadTakes, recipe: EmoteRecipe) -> EmoteTask:
    """EMOTE's training on the takes of a project that are split off for it."""
    return EmoteTask(recipe, read_flame(recipe.flame, project.basis), *_split(project, read))


def load_emote(path: Path) -> FaceModel:
    """The exported file as a model."""
    return Emote.load(path, read_spec(NETWORKS["emote"], read_metadata(path)))


def refuse_flint(_path: Path) -> FaceModel:
    """FLINT hears no sound, so nothing can be performed with it. Raises EmoTalkError, always."""
    raise EmoTalkError("FLINT hears no sound, so it cannot perform a take; train EMOTE with it, and look at that")


def with_files(
    read: Callable[[Path, Any, bool], Material], settings: tuple[str, ...]
) -> Callable[[Path, Any, bool], Material]:
    """``Preset.read`` whose files include those that the recipe names, so that a resumed run has the same ones."""

    def read_all(source: Path, recipe: Any, debug: bool) -> Material:
        material = read(source, recipe, debug)
        named = (Path(getattr(recipe, setting)) for setting in settings)
        return replace(material, files=(*material.files, *(path.resolve() for path in named if path.is_file())))

    return read_all


def _split(project: Project, read: ReadTakes) -> tuple[tuple[Take, ...], tuple[Take, ...]]:
    """Takes to train on and held-out ones; those that name no actor are the project's."""
    named = tuple(
        replace(take, labels=replace(take.labels, actor=take.labels.actor or project.actor)) for take in read.takes
    )
    return replace(read, takes=named).of_split("train"), replace(read, takes=named).of_split("validation")


FLINT: Final = Preset(
    "FLINT, the motion prior of EMOTE, on captures of FLAME",
    FLINT_RECIPE,
    FlintRecipe,
    with_files(on_captures(make_flint_task), ("flame",)),
    "flint.safetensors",
    refuse_flint,
    performs=False,
)
EMOTE: Final = Preset(
    "EMOTE, on captures of FLAME with emotions",
    EMOTE_RECIPE,
    EmoteRecipe,
    with_files(on_captures(make_emote_task), ("flame", "prior", "wav2vec2")),
    "emote.safetensors",
    load_emote,
)
