"""The rows of LaughTalk's two stages among the presets."""

from pathlib import Path
from typing import Final

from ...inference.checkpoints.safetensors_file import read_metadata
from ...inference.contract import FaceModel
from ...inference.models.laughtalk import MODEL_ID, TALK_ID, LaughTalk
from ...inference.registry import NETWORKS, read_spec
from ..captures.project import Project, ReadTakes
from ..emote.preset import with_files
from ..preset import Preset, on_captures
from .face_geometry import read_model
from .laughing_takes import find_laughing
from .recipe import LAUGH_RECIPE, TALK_RECIPE, LaughRecipe, TalkRecipe
from .task import LaughTask, TalkTask


def make_talk_task(project: Project, read: ReadTakes, recipe: TalkRecipe) -> TalkTask:
    """The first stage on the takes of a project that are split off for it."""
    flame = read_model(recipe.flame, project.basis)
    return TalkTask(recipe, flame, read.of_split("train"), read.of_split("validation"))


def make_laugh_task(project: Project, read: ReadTakes, recipe: LaughRecipe) -> LaughTask:
    """The second stage on the takes of a project that are split off for it."""
    flame = read_model(recipe.flame, project.basis)
    return LaughTask(recipe, flame, read.of_split("train"), read.of_split("validation"))


def load(path: Path) -> FaceModel:
    """The exported file of either stage as a model."""
    metadata = read_metadata(path)
    return LaughTalk.load(path, read_spec(NETWORKS[metadata.get("model", TALK_ID)], metadata))


def tell_laughter(read: ReadTakes) -> tuple[str, ...]:
    """How much laughter there is in the takes, for whoever trains the first stage on them."""
    laughs = [laugh.seconds for take in read.of_split("train") for laugh in find_laughing(take)]
    if not laughs:
        return ("Nobody laughs in these takes, so the second stage, laughtalk-laugh, has nothing to learn from",)
    return (f"{len(laughs)} laughs of {sum(laughs):.0f} s in all, for the second stage, laughtalk-laugh",)


LAUGHTALK_TALK: Final = Preset(
    "LaughTalk's first stage, the talk, on captures of ARKit or FLAME",
    TALK_RECIPE,
    TalkRecipe,
    with_files(on_captures(make_talk_task, tell_laughter), ("flame", "wav2vec2")),
    f"{TALK_ID}.safetensors",
    load,
)
LAUGHTALK_LAUGH: Final = Preset(
    "LaughTalk's second stage, the residual that laughs, on captures with laughter",
    LAUGH_RECIPE,
    LaughRecipe,
    with_files(on_captures(make_laugh_task), ("flame", "talk", "speech_emotion")),
    f"{MODEL_ID}.safetensors",
    load,
)
