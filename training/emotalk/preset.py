"""The row of EmoTalk on the captures of a studio among the presets."""

from pathlib import Path
from typing import Final

from ...inference.checkpoints.library import find_weights
from ...inference.checkpoints.safetensors_file import read_metadata
from ...inference.contract import FaceModel
from ...inference.models.emotalk import MODEL_ID, EmoTalk
from ...inference.registry import NETWORKS, read_spec
from ..captures.project import Project, ReadTakes
from ..preset import Preset, check_arkit, on_captures
from .pairing import quadruples, with_contents
from .recipe import RECIPE, EmoTalkRecipe
from .task import EmoTalkTask

NO_PAIRS: Final = (
    "No two contents were acted in the same two emotions each, so that there are no pairs for cross-reconstruction: "
    "the other three losses train alone"
)


def make_task(project: Project, read: ReadTakes, recipe: EmoTalkRecipe) -> EmoTalkTask:
    """The training on the takes of a project that are split off for it. Raises EmoTalkError for another basis."""
    check_arkit(project, "EmoTalk")
    base = find_weights(recipe.base) if recipe.base else None
    return EmoTalkTask(recipe, project.actor, with_contents(read.of_split("train")), read.of_split("validation"), base)


def remark(read: ReadTakes) -> tuple[str, ...]:
    """How many pairs the takes make, or that there are none."""
    count = len(quadruples(with_contents(read.of_split("train"))))
    return (f"{count} pairs for cross-reconstruction" if count else NO_PAIRS,)


def load(path: Path) -> FaceModel:
    """The exported file as a model."""
    return EmoTalk.load(path, read_spec(NETWORKS[MODEL_ID], read_metadata(path)))


EMOTALK: Final = Preset(
    "EmoTalk, on the captures of a studio",
    RECIPE,
    EmoTalkRecipe,
    on_captures(make_task, remark),
    "emotalk.safetensors",
    load,
)
