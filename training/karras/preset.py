"""The row of Karras et al. 2017 among the presets."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from ...inference.checkpoints.safetensors_file import read_metadata
from ...inference.models.karras import Karras
from ...inference.registry import NETWORKS, read_spec
from ..captures.project import Project, ReadTakes
from ..preset import Preset, on_captures
from .recipe import RECIPE, KarrasRecipe
from .task import KarrasTask


def make_task(_project: Project, read: ReadTakes, recipe: KarrasRecipe) -> KarrasTask:
    """The training on the takes of a project that are split off for it."""
    return KarrasTask(recipe, read.of_split("train"), read.of_split("validation"))


def load(path: Path) -> Karras:
    """The exported file as a model."""
    return Karras.load(path, read_spec(NETWORKS["karras"], read_metadata(path)))


KARRAS: Final = Preset(
    "Karras et al. 2017, on the captures of one actor",
    RECIPE,
    KarrasRecipe,
    on_captures(make_task),
    "karras.safetensors",
    load,
    threads=1,
)

KARRAS_FEATURES: Final = replace(
    KARRAS,
    label="Karras et al. 2017 that also hears what EmoTalk Compact does",
    changes={"content": "emotalk-compact", "network": {"dropout": 0.3}},
)
